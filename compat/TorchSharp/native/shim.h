// The seam between the managed stand-in and libtorch: a C ABI over opaque tensor handles. Every call is guarded; what goes wrong is kept as a text
// for the calling thread, and the call returns null or -1.
#pragma once
#include <ATen/ATen.h>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using Handle = at::Tensor*;

#define EXPORT extern "C" __attribute__((visibility("default")))

void shim_fail(const char* message);

struct ScalarData {
    int64_t whole;
    double number;
    int32_t kind; // 0 whole, 1 number, 2 bool
};

inline at::Scalar scalar(ScalarData s) {
    return s.kind == 0 ? at::Scalar(s.whole) : s.kind == 1 ? at::Scalar(s.number) : at::Scalar(s.whole != 0);
}

inline at::IntArrayRef dims_of(const int64_t* dims, int64_t count) { return at::IntArrayRef(dims, static_cast<size_t>(count)); }

inline Handle wrap(at::Tensor tensor) { return new at::Tensor(std::move(tensor)); }

// The optional that this libtorch's functions take: c10's own in 1.x, the standard one in 2.x.
template <typename Known, typename T> struct Rebound;
template <template <typename...> class Optional, typename Known, typename T> struct Rebound<Optional<Known>, T> { using type = Optional<T>; };
template <typename T> using optional = typename Rebound<decltype(std::declval<const at::TensorOptions&>().device_opt()), T>::type;

inline optional<at::ScalarType> type_of(int32_t type) {
    return type < 0 ? optional<at::ScalarType>() : optional<at::ScalarType>(static_cast<at::ScalarType>(type));
}

inline at::TensorOptions options_of(int32_t type, int32_t device_type, int32_t device_index) {
    return at::TensorOptions()
        .dtype(static_cast<at::ScalarType>(type))
        .device(at::Device(static_cast<at::DeviceType>(device_type), static_cast<at::DeviceIndex>(device_index)));
}

inline optional<at::Tensor> maybe(Handle h) { return h ? optional<at::Tensor>(*h) : optional<at::Tensor>(); }

// Counts the calls under way. The collector may finalize a tensor that is still an argument of one: its managed object is not needed any more
// once the handle was read. So what a finalizer frees waits until no call is under way (t_free_unused).
extern std::atomic<int64_t> calls_under_way;
struct UnderWay {
    UnderWay() { calls_under_way.fetch_add(1); }
    ~UnderWay() { calls_under_way.fetch_sub(1); }
};

template <typename F> Handle guarded(F&& body) {
    UnderWay call;
    try {
        return wrap(body());
    } catch (const std::exception& e) {
        shim_fail(e.what());
    } catch (...) {
        shim_fail("an unknown native failure");
    }
    return nullptr;
}

template <typename F> int64_t guarded_number(F&& body) {
    UnderWay call;
    try {
        return body();
    } catch (const std::exception& e) {
        shim_fail(e.what());
    } catch (...) {
        shim_fail("an unknown native failure");
    }
    return -1;
}

inline std::vector<at::Tensor> list_of(Handle* handles, int64_t count) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; i++)
        tensors.push_back(*handles[i]);
    return tensors;
}

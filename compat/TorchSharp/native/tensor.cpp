// Tensors: life, shape, arithmetic, reductions, indexing.
#include "shim.h"
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <c10/util/Backtrace.h>
#include <malloc.h>
#include <memory>
#include <mutex>

static thread_local std::string last_error;

void shim_fail(const char* message) {
    last_error = message;
    const auto trace = last_error.find("\nException raised from");
    if (trace != std::string::npos)
        last_error.resize(trace);
}

EXPORT const char* shim_error() { return last_error.c_str(); }

EXPORT void shim_start(int32_t threads) {
    // Freed memory is kept for the next step instead of going back to the system each time.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 2000000000);
    mallopt(M_TOP_PAD, 64 << 20);
#if SHIM_TORCH_MAJOR < 2
    // A stack trace costs milliseconds an exception and is cut off above.
    c10::SetStackTraceFetcher([]() -> std::string { return ""; });
#endif
    at::set_num_threads(threads);
}

EXPORT int32_t shim_get_threads() { return at::get_num_threads(); }
EXPORT int64_t shim_set_threads(int32_t threads) { return guarded_number([&]() -> int64_t { at::set_num_threads(threads); return 0; }); }
EXPORT int32_t shim_has_cuda() { return at::hasCUDA() ? 1 : 0; }
EXPORT int32_t shim_cuda_count() { return at::hasCUDA() ? static_cast<int32_t>(at::getNumGPUs()) : 0; }
EXPORT const char* shim_version() { return SHIM_TORCH_VERSION; }

// --- life and facts ---
EXPORT void t_free(Handle t) { delete t; }

std::atomic<int64_t> calls_under_way{0};
static std::mutex unused_gate;
static std::vector<Handle> unused;

// For finalizers: frees it, and what waited, unless a call is under way that may use it.
EXPORT void t_free_unused(Handle t) {
    std::vector<Handle> free;
    {
        std::lock_guard<std::mutex> lock(unused_gate);
        unused.push_back(t);
        if (calls_under_way.load() == 0)
            free.swap(unused);
    }
    for (auto handle : free)
        delete handle;
}
EXPORT int64_t t_ndim(Handle t) { return t->dim(); }
EXPORT int64_t t_numel(Handle t) { return t->numel(); }
EXPORT void t_shape(Handle t, int64_t* out) { auto s = t->sizes(); for (size_t i = 0; i < s.size(); i++) out[i] = s[i]; }
EXPORT void t_strides(Handle t, int64_t* out) { auto s = t->strides(); for (size_t i = 0; i < s.size(); i++) out[i] = s[i]; }
EXPORT int32_t t_dtype(Handle t) { return static_cast<int32_t>(t->scalar_type()); }
EXPORT int32_t t_device_type(Handle t) { return static_cast<int32_t>(t->device().type()); }
EXPORT int32_t t_device_index(Handle t) { return t->device().index(); }
EXPORT int64_t t_element_size(Handle t) { return t->element_size(); }
EXPORT int32_t t_is_contiguous(Handle t) { return t->is_contiguous(); }
EXPORT int64_t t_storage_offset(Handle t) { return t->storage_offset(); }
EXPORT int64_t t_data(Handle t, void** out) { return guarded_number([&]() -> int64_t { *out = t->data_ptr(); return 0; }); }
EXPORT int64_t t_item_double(Handle t, double* out) { return guarded_number([&] { *out = t->item().toDouble(); return 0; }); }
EXPORT int64_t t_item_long(Handle t, int64_t* out) { return guarded_number([&] { *out = t->item().toLong(); return 0; }); }
EXPORT Handle t_alias(Handle t) { return guarded([&] { return *t; }); }

// --- making ---
EXPORT Handle t_empty(const int64_t* dims, int64_t n, int32_t type, int32_t dt, int32_t di) { return guarded([&] { return at::empty(dims_of(dims, n), options_of(type, dt, di)); }); }
EXPORT Handle t_full(const int64_t* dims, int64_t n, ScalarData v, int32_t type, int32_t dt, int32_t di) { return guarded([&] { return at::full(dims_of(dims, n), scalar(v), options_of(type, dt, di)); }); }
EXPORT Handle t_arange(ScalarData a, ScalarData b, ScalarData step, int32_t type, int32_t dt, int32_t di) { return guarded([&] { return at::arange(scalar(a), scalar(b), scalar(step), options_of(type, dt, di)); }); }
EXPORT Handle t_linspace(double a, double b, int64_t steps, int32_t type, int32_t dt, int32_t di) { return guarded([&] { return at::linspace(a, b, steps, options_of(type, dt, di)); }); }
EXPORT Handle t_eye(int64_t n, int64_t m, int32_t type, int32_t dt, int32_t di) { return guarded([&] { return at::eye(n, m, options_of(type, dt, di)); }); }
static optional<at::Generator> gen(at::Generator* g) { return g ? optional<at::Generator>(*g) : optional<at::Generator>(); }
EXPORT Handle t_rand(const int64_t* dims, int64_t n, int32_t type, int32_t dt, int32_t di, at::Generator* g) { return guarded([&] { return at::rand(dims_of(dims, n), gen(g), options_of(type, dt, di)); }); }
EXPORT Handle t_randn(const int64_t* dims, int64_t n, int32_t type, int32_t dt, int32_t di, at::Generator* g) { return guarded([&] { return at::randn(dims_of(dims, n), gen(g), options_of(type, dt, di)); }); }
EXPORT Handle t_randint(int64_t low, int64_t high, const int64_t* dims, int64_t n, int32_t type, int32_t dt, int32_t di, at::Generator* g) { return guarded([&] { return at::randint(low, high, dims_of(dims, n), gen(g), options_of(type, dt, di)); }); }
EXPORT Handle t_randperm(int64_t count, int32_t type, int32_t dt, int32_t di, at::Generator* g) { return guarded([&] { return at::randperm(count, gen(g), options_of(type, dt, di)); }); }
EXPORT Handle t_from_data(void* data, const int64_t* dims, int64_t n, int32_t type, int32_t dt, int32_t di) {
    return guarded([&] {
        auto host = at::from_blob(data, dims_of(dims, n), at::TensorOptions().dtype(static_cast<at::ScalarType>(type)));
        at::Device device(static_cast<at::DeviceType>(dt), static_cast<at::DeviceIndex>(di));
        return device.is_cpu() ? host.clone() : host.to(device);
    });
}
// Over the caller's memory; release is called with state, once, when no tensor is over it any more (or none could be made).
EXPORT Handle t_from_blob(void* data, const int64_t* dims, int64_t n, int32_t type, void (*release)(void*), void* state) {
    return guarded([&] {
        std::shared_ptr<void> kept(state, release);
        return at::from_blob(data, dims_of(dims, n), [kept](void*) {}, at::TensorOptions().dtype(static_cast<at::ScalarType>(type)));
    });
}
EXPORT Handle t_like(int32_t kind, Handle t, ScalarData v, int32_t type) {
    return guarded([&] {
        auto o = t->options();
        if (type >= 0) o = o.dtype(static_cast<at::ScalarType>(type));
        switch (kind) {
            case 0: return at::zeros_like(*t, o);
            case 1: return at::ones_like(*t, o);
            case 2: return at::empty_like(*t, o);
            case 3: return at::rand_like(*t, o);
            case 4: return at::randn_like(*t, o);
            default: return at::full_like(*t, scalar(v), o);
        }
    });
}
EXPORT Handle t_to(Handle t, int32_t type, int32_t dt, int32_t di, int32_t copy) {
    return guarded([&] {
        auto device = dt < 0 ? t->device() : at::Device(static_cast<at::DeviceType>(dt), static_cast<at::DeviceIndex>(di));
        return t->to(device, type < 0 ? t->scalar_type() : static_cast<at::ScalarType>(type), false, copy != 0);
    });
}

// --- one tensor in, one out; the order is that of the managed enum UnaryOp ---
EXPORT Handle t_unary(int32_t op, Handle h) {
    return guarded([&]() -> at::Tensor {
        const auto& t = *h;
        switch (op) {
            case 0: return at::neg(t); case 1: return at::abs(t); case 2: return at::exp(t); case 3: return at::log(t); case 4: return at::log1p(t);
            case 5: return at::sqrt(t); case 6: return at::rsqrt(t); case 7: return at::sigmoid(t); case 8: return at::tanh(t); case 9: return at::relu(t);
            case 10: return at::silu(t); case 11: return at::erf(t); case 12: return at::sin(t); case 13: return at::cos(t); case 14: return at::square(t);
            case 15: return at::round(t); case 16: return at::floor(t); case 17: return at::ceil(t); case 18: return at::sign(t); case 19: return at::log_sigmoid(t);
            case 20: return at::isnan(t); case 21: return at::isinf(t); case 22: return at::isfinite(t); case 23: return at::logical_not(t); case 24: return t.detach();
            case 25: return t.contiguous(); case 26: return at::nonzero(t); case 27: return t.clone(); case 28: return at::reciprocal(t); case 29: return at::min(t);
            case 30: return at::max(t); case 31: return at::all(t); case 32: return at::any(t); case 33: return at::mean(t); case 34: return at::prod(t);
            case 35: return at::t(t); case 36: return at::expm1(t); case 37: return at::log2(t); case 38: return at::trunc(t); case 39: return at::bitwise_not(t);
            case 40: return at::mish(t); case 41: return at::squeeze(t); case 42: return t.numpy_T(); case 43: return at::count_nonzero(t); case 44: return at::median(t);
            case 45: return at::log10(t); case 46: return at::tan(t); case 47: return at::softplus(t);
            default: throw std::runtime_error("unknown unary operation");
        }
    });
}
EXPORT int64_t t_unary_(int32_t op, Handle h) {
    return guarded_number([&]() -> int64_t {
        auto& t = *h;
        switch (op) {
            case 0: t.neg_(); break; case 1: t.abs_(); break; case 2: t.exp_(); break; case 3: t.log_(); break; case 5: t.sqrt_(); break; case 6: t.rsqrt_(); break;
            case 7: t.sigmoid_(); break; case 8: t.tanh_(); break; case 9: t.relu_(); break; case 14: t.square_(); break; case 15: t.round_(); break; case 16: t.floor_(); break;
            case 24: t.detach_(); break; case 28: t.reciprocal_(); break; case 100: t.zero_(); break;
            default: throw std::runtime_error("unknown in-place operation");
        }
        return 0;
    });
}

// --- two tensors; the order is that of the managed enum BinaryOp ---
EXPORT Handle t_binary(int32_t op, Handle x, Handle y) {
    return guarded([&]() -> at::Tensor {
        const auto &a = *x, &b = *y;
        switch (op) {
            case 0: return at::add(a, b); case 1: return at::sub(a, b); case 2: return at::mul(a, b); case 3: return at::div(a, b); case 4: return at::pow(a, b);
            case 5: return at::eq(a, b); case 6: return at::ne(a, b); case 7: return at::lt(a, b); case 8: return at::le(a, b); case 9: return at::gt(a, b); case 10: return at::ge(a, b);
            case 11: return at::logical_and(a, b); case 12: return at::logical_or(a, b); case 13: return at::logical_xor(a, b); case 14: return at::maximum(a, b); case 15: return at::minimum(a, b);
            case 16: return at::matmul(a, b); case 17: return at::mm(a, b); case 18: return at::bmm(a, b); case 19: return at::mv(a, b); case 20: return at::dot(a, b); case 21: return at::outer(a, b);
            case 22: return at::fmod(a, b); case 23: return at::remainder(a, b); case 24: return at::bitwise_and(a, b); case 25: return at::bitwise_or(a, b); case 26: return at::bitwise_xor(a, b);
            case 27: return at::floor_divide(a, b); case 28: return at::masked_select(a, b); case 29: return a.expand_as(b); case 30: return a.view_as(b); case 31: return at::atan2(a, b); case 32: return a.type_as(b);
            case 33: return at::xlogy(a, b);
            default: throw std::runtime_error("unknown binary operation");
        }
    });
}
EXPORT int64_t t_binary_(int32_t op, Handle x, Handle y) {
    return guarded_number([&]() -> int64_t {
        auto& a = *x; const auto& b = *y;
        switch (op) {
            case 0: a.add_(b); break; case 1: a.sub_(b); break; case 2: a.mul_(b); break; case 3: a.div_(b); break; case 4: a.pow_(b); break;
            case 11: a.logical_and_(b); break; case 12: a.logical_or_(b); break; case 100: a.copy_(b); break;
            case 101: a.set_(b); break;
            default: throw std::runtime_error("unknown in-place operation");
        }
        return 0;
    });
}
EXPORT Handle t_scalar(int32_t op, Handle x, ScalarData v) {
    return guarded([&]() -> at::Tensor {
        const auto& a = *x; const auto s = scalar(v);
        switch (op) {
            case 0: return at::add(a, s); case 1: return at::sub(a, s); case 2: return at::mul(a, s); case 3: return at::div(a, s); case 4: return at::pow(a, s);
            case 5: return at::eq(a, s); case 6: return at::ne(a, s); case 7: return at::lt(a, s); case 8: return at::le(a, s); case 9: return at::gt(a, s); case 10: return at::ge(a, s);
            case 14: return at::clamp_min(a, s); case 15: return at::clamp_max(a, s); case 22: return at::fmod(a, s); case 23: return at::remainder(a, s); case 27: return at::floor_divide(a, s);
            case 34: return at::rsub(a, s); case 35: return at::pow(s, a); case 36: return at::mul(at::reciprocal(a), s);
            default: throw std::runtime_error("unknown scalar operation");
        }
    });
}
EXPORT int64_t t_scalar_(int32_t op, Handle x, ScalarData v) {
    return guarded_number([&]() -> int64_t {
        auto& a = *x; const auto s = scalar(v);
        switch (op) {
            case 0: a.add_(s); break; case 1: a.sub_(s); break; case 2: a.mul_(s); break; case 3: a.div_(s); break; case 4: a.pow_(s); break; case 102: a.fill_(s); break;
            case 14: a.clamp_min_(s); break; case 15: a.clamp_max_(s); break;
            default: throw std::runtime_error("unknown in-place operation");
        }
        return 0;
    });
}
EXPORT Handle t_add_alpha(Handle a, Handle b, ScalarData alpha, int32_t in_place) { return guarded([&] { return in_place ? a->add_(*b, scalar(alpha)) : at::add(*a, *b, scalar(alpha)); }); }
EXPORT Handle t_addcmul(Handle a, Handle b, Handle c, ScalarData v, int32_t in_place) { return guarded([&] { return in_place ? a->addcmul_(*b, *c, scalar(v)) : at::addcmul(*a, *b, *c, scalar(v)); }); }
EXPORT Handle t_addcdiv(Handle a, Handle b, Handle c, ScalarData v, int32_t in_place) { return guarded([&] { return in_place ? a->addcdiv_(*b, *c, scalar(v)) : at::addcdiv(*a, *b, *c, scalar(v)); }); }
EXPORT Handle t_lerp(Handle a, Handle b, Handle weight, int32_t in_place) { return guarded([&] { return in_place ? a->lerp_(*b, *weight) : at::lerp(*a, *b, *weight); }); }
EXPORT Handle t_clamp(Handle a, ScalarData low, ScalarData high, int32_t in_place) { return guarded([&] { return in_place ? at::clamp_(*a, scalar(low), scalar(high)) : at::clamp(*a, scalar(low), scalar(high)); }); }
EXPORT Handle t_div_round(Handle a, Handle b, const char* mode, int32_t in_place) { return guarded([&] { return in_place ? a->div_(*b, mode) : at::div(*a, *b, mode); }); }
EXPORT Handle t_where(Handle c, Handle a, Handle b) { return guarded([&] { return at::where(*c, *a, *b); }); }
EXPORT Handle t_masked_fill(Handle a, Handle mask, ScalarData v, int32_t in_place) { return guarded([&] { return in_place ? a->masked_fill_(*mask, scalar(v)) : at::masked_fill(*a, *mask, scalar(v)); }); }
EXPORT Handle t_addmm(Handle c, Handle a, Handle b, double beta, double alpha) { return guarded([&] { return at::addmm(*c, *a, *b, beta, alpha); }); }
EXPORT Handle t_baddbmm(Handle c, Handle a, Handle b, double beta, double alpha) { return guarded([&] { return at::baddbmm(*c, *a, *b, beta, alpha); }); }
EXPORT Handle t_einsum(const char* equation, Handle* ts, int64_t n) { return guarded([&] { return at::einsum(equation, list_of(ts, n)); }); }
EXPORT int64_t t_equal(Handle a, Handle b) { return guarded_number([&]() -> int64_t { return at::equal(*a, *b) ? 1 : 0; }); }
EXPORT int64_t t_allclose(Handle a, Handle b, double rtol, double atol, int32_t equal_nan) { return guarded_number([&]() -> int64_t { return at::allclose(*a, *b, rtol, atol, equal_nan != 0) ? 1 : 0; }); }

// --- reductions; the order is that of the managed enum ReduceOp ---
EXPORT Handle t_reduce(int32_t op, Handle h, const int64_t* dims, int64_t n, int32_t keep, int32_t type) {
    return guarded([&]() -> at::Tensor {
        const auto& t = *h; const auto d = dims_of(dims, n); const bool k = keep != 0;
        switch (op) {
            case 0: return n == 0 ? at::sum(t, type_of(type)) : at::sum(t, d, k, type_of(type));
            case 1: return n == 0 ? at::mean(t, type_of(type)) : at::mean(t, d, k, type_of(type));
            case 2: return at::amax(t, d, k);
            case 3: return at::amin(t, d, k);
            case 4: return at::logsumexp(t, d, k);
            case 5: return at::any(t, dims[0], k);
            case 6: return at::all(t, dims[0], k);
            case 7: return n == 0 ? at::argmax(t) : at::argmax(t, dims[0], k);
            case 8: return n == 0 ? at::argmin(t) : at::argmin(t, dims[0], k);
            case 9: return at::softmax(t, dims[0], type_of(type));
            case 10: return at::log_softmax(t, dims[0], type_of(type));
            case 11: return at::cumsum(t, dims[0], type_of(type));
            case 12: return at::cumprod(t, dims[0], type_of(type));
            case 13: return at::prod(t, dims[0], k, type_of(type));
            case 14: return at::count_nonzero(t, d);
            default: throw std::runtime_error("unknown reduction");
        }
    });
}
EXPORT Handle t_spread(int32_t std, Handle t, const int64_t* dims, int64_t n, int32_t unbiased, int32_t keep) {
    return guarded([&] {
        const bool u = unbiased != 0, k = keep != 0; const auto d = dims_of(dims, n);
        if (n == 0) return std ? at::std(*t, u) : at::var(*t, u);
        return std ? at::std(*t, d, u, k) : at::var(*t, d, u, k);
    });
}
EXPORT Handle t_norm(Handle t, double p, const int64_t* dims, int64_t n, int32_t keep) { return guarded([&] { return n == 0 ? at::norm(*t, p) : at::norm(*t, p, dims_of(dims, n), keep != 0); }); }
EXPORT int64_t t_pair(int32_t op, Handle h, int64_t k, int64_t dim, int32_t flag, int32_t flag2, Handle* out) {
    return guarded_number([&]() -> int64_t {
        const auto& t = *h;
        auto put = [&](at::Tensor a, at::Tensor b) { out[0] = wrap(a); out[1] = wrap(b); };
        switch (op) {
            case 0: { auto r = at::max(t, dim, flag != 0); put(std::get<0>(r), std::get<1>(r)); break; }
            case 1: { auto r = at::min(t, dim, flag != 0); put(std::get<0>(r), std::get<1>(r)); break; }
            case 2: { auto r = at::sort(t, flag2 != 0, dim, flag != 0); put(std::get<0>(r), std::get<1>(r)); break; }
            case 3: { auto r = at::topk(t, k, dim, flag != 0, flag2 != 0); put(std::get<0>(r), std::get<1>(r)); break; }
            default: throw std::runtime_error("unknown operation of two results");
        }
        return 0;
    });
}
EXPORT Handle t_argsort(Handle t, int64_t dim, int32_t descending) { return guarded([&] { return at::argsort(*t, dim, descending != 0); }); }
EXPORT Handle t_multinomial(Handle t, int64_t n, int32_t replacement, at::Generator* g) { return guarded([&] { return at::multinomial(*t, n, replacement != 0, gen(g)); }); }
EXPORT Handle t_bernoulli(Handle t, at::Generator* g) { return guarded([&] { return at::bernoulli(*t, gen(g)); }); }
EXPORT Handle t_bincount(Handle t, Handle weights, int64_t least) { return guarded([&] { return at::bincount(*t, maybe(weights), least); }); }
EXPORT Handle t_searchsorted(Handle sorted, Handle values, int32_t out32, int32_t right) { return guarded([&] { return at::searchsorted(*sorted, *values, out32 != 0, right != 0); }); }

// --- shape; the order is that of the managed enum ShapeOp ---
EXPORT Handle t_shaped(int32_t op, Handle h, const int64_t* d, int64_t n) {
    return guarded([&]() -> at::Tensor {
        const auto& t = *h; const auto v = dims_of(d, n);
        switch (op) {
            case 0: return t.view(v); case 1: return t.reshape(v); case 2: return t.permute(v); case 3: return t.expand(v); case 4: return t.repeat(v);
            case 5: return t.transpose(d[0], d[1]); case 6: return t.squeeze(d[0]); case 7: return t.unsqueeze(d[0]); case 8: return t.narrow(d[0], d[1], d[2]);
            case 9: return t.slice(d[0], d[1], d[2], d[3]); case 10: return t.select(d[0], d[1]); case 11: return at::flip(t, v); case 12: return at::tril(t, d[0]);
            case 13: return at::triu(t, d[0]); case 14: return t.flatten(d[0], d[1]); case 15: return at::roll(t, d[0], d[1]); case 16: return t.repeat_interleave(d[0], d[1] == INT64_MIN ? optional<int64_t>() : optional<int64_t>(d[1]));
            case 17: return at::unflatten(t, d[0], dims_of(d + 1, n - 1)); case 18: return at::one_hot(t, d[0]); case 19: return at::diagonal(t, d[0], d[1], d[2]); case 20: return t.unfold(d[0], d[1], d[2]);
            case 21: return at::movedim(t, d[0], d[1]); case 22: return at::constant_pad_nd(t, v, 0);
            default: throw std::runtime_error("unknown shape operation");
        }
    });
}
EXPORT Handle t_repeat_interleave(Handle t, Handle repeats, int64_t dim) { return guarded([&] { return t->repeat_interleave(*repeats, dim == INT64_MIN ? optional<int64_t>() : optional<int64_t>(dim)); }); }
EXPORT Handle t_pad(Handle t, const int64_t* pads, int64_t n, double value) { return guarded([&] { return at::constant_pad_nd(*t, dims_of(pads, n), value); }); }

// --- indexing ---
EXPORT Handle t_index_select(Handle t, int64_t dim, Handle index) { return guarded([&] { return at::index_select(*t, dim, *index); }); }
EXPORT Handle t_gather(Handle t, int64_t dim, Handle index) { return guarded([&] { return at::gather(*t, dim, *index); }); }
EXPORT Handle t_take_along(Handle t, Handle index, int64_t dim) { return guarded([&] { return dim == INT64_MIN ? at::take_along_dim(*t, *index) : at::take_along_dim(*t, *index, dim); }); }
EXPORT Handle t_take(Handle t, Handle index) { return guarded([&] { return at::take(*t, *index); }); }
EXPORT Handle t_scatter(int32_t op, Handle t, int64_t dim, Handle index, Handle src, ScalarData v) {
    return guarded([&]() -> at::Tensor {
        switch (op) {
            case 0: return at::scatter(*t, dim, *index, *src); case 1: return t->scatter_(dim, *index, *src);
            case 2: return at::scatter_add(*t, dim, *index, *src); case 3: return t->scatter_add_(dim, *index, *src);
            case 4: return at::index_add(*t, dim, *index, *src, scalar(v)); case 5: return t->index_add_(dim, *index, *src, scalar(v));
            case 6: return at::index_copy(*t, dim, *index, *src); case 7: return t->index_copy_(dim, *index, *src);
            case 8: return at::index_fill(*t, dim, *index, scalar(v)); case 9: return t->index_fill_(dim, *index, scalar(v));
            case 10: return at::scatter(*t, dim, *index, scalar(v)); case 11: return t->scatter_(dim, *index, scalar(v));
            default: throw std::runtime_error("unknown scatter");
        }
    });
}
static c10::List<optional<at::Tensor>> indices_of(Handle* index, int64_t n) {
    c10::List<optional<at::Tensor>> list;
    for (int64_t i = 0; i < n; i++)
        list.push_back(maybe(index[i]));
    return list;
}
EXPORT Handle t_index(Handle t, Handle* index, int64_t n) { return guarded([&] { return at::index(*t, indices_of(index, n)); }); }
EXPORT Handle t_index_put_(Handle t, Handle* index, int64_t n, Handle value, int32_t accumulate) { return guarded([&] { return at::index_put_(*t, indices_of(index, n), *value, accumulate != 0); }); }

// --- several tensors ---
EXPORT Handle t_cat(Handle* ts, int64_t n, int64_t dim) { return guarded([&] { return at::cat(list_of(ts, n), dim); }); }
EXPORT Handle t_stack(Handle* ts, int64_t n, int64_t dim) { return guarded([&] { return at::stack(list_of(ts, n), dim); }); }
// Cuts along a dimension into the given sizes; out has room for them.
EXPORT int64_t t_split(Handle t, const int64_t* sizes, int64_t n, int64_t dim, Handle* out) {
    return guarded_number([&]() -> int64_t {
        auto parts = at::split_with_sizes(*t, dims_of(sizes, n), dim);
        for (size_t i = 0; i < parts.size(); i++)
            out[i] = wrap(parts[i]);
        return static_cast<int64_t>(parts.size());
    });
}
EXPORT int64_t t_unique(Handle t, int32_t sorted, int32_t inverse, int32_t counts, Handle* out) {
    return guarded_number([&]() -> int64_t {
        auto r = at::_unique2(*t, sorted != 0, inverse != 0, counts != 0);
        out[0] = wrap(std::get<0>(r)); out[1] = inverse ? wrap(std::get<1>(r)) : nullptr; out[2] = counts ? wrap(std::get<2>(r)) : nullptr;
        return 0;
    });
}
EXPORT Handle t_fill_random(int32_t kind, Handle t, double a, double b, at::Generator* g) {
    return guarded([&] { return kind == 0 ? t->normal_(a, b, gen(g)) : kind == 1 ? t->uniform_(a, b, gen(g)) : t->bernoulli_(a, gen(g)); });
}

// --- chance ---
EXPORT at::Generator* rng_new(uint64_t seed, int32_t device_type, int32_t device_index) {
    try {
        auto device = at::Device(static_cast<at::DeviceType>(device_type), static_cast<at::DeviceIndex>(device_index));
        auto g = at::globalContext().defaultGenerator(device).clone();
        g.set_current_seed(seed);
        return new at::Generator(g);
    } catch (const std::exception& e) { shim_fail(e.what()); return nullptr; }
}
EXPORT at::Generator* rng_default() {
    try { return new at::Generator(at::globalContext().defaultGenerator(at::Device(at::kCPU))); }
    catch (const std::exception& e) { shim_fail(e.what()); return nullptr; }
}
EXPORT void rng_free(at::Generator* g) { delete g; }
EXPORT void rng_seed(at::Generator* g, uint64_t seed) { std::lock_guard<std::mutex> lock(g->mutex()); g->set_current_seed(seed); }
EXPORT uint64_t rng_initial_seed(at::Generator* g) { return g->current_seed(); }
EXPORT Handle rng_get_state(at::Generator* g) { return guarded([&] { std::lock_guard<std::mutex> lock(g->mutex()); return g->get_state(); }); }
EXPORT int64_t rng_set_state(at::Generator* g, Handle state) { return guarded_number([&]() -> int64_t { std::lock_guard<std::mutex> lock(g->mutex()); g->set_state(*state); return 0; }); }
EXPORT int64_t shim_manual_seed(uint64_t seed) { return guarded_number([&]() -> int64_t { at::manual_seed(seed); return 0; }); }

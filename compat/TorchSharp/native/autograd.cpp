// Gradients: the switch, backward, grad.
#include "shim.h"
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

EXPORT int32_t grad_enabled() { return c10::GradMode::is_enabled() ? 1 : 0; }
EXPORT void grad_set_enabled(int32_t on) { c10::GradMode::set_enabled(on != 0); }

EXPORT int32_t t_requires_grad(Handle t) { return t->requires_grad() ? 1 : 0; }
EXPORT int64_t t_set_requires_grad(Handle t, int32_t on) { return guarded_number([&]() -> int64_t { t->requires_grad_(on != 0); return 0; }); }
EXPORT int32_t t_is_leaf(Handle t) { return t->is_leaf() ? 1 : 0; }
// What has no gradient gives a null handle, which is no failure.
EXPORT int64_t t_grad(Handle t, Handle* out) {
    return guarded_number([&]() -> int64_t {
        const auto& grad = t->grad();
        *out = grad.defined() ? wrap(grad) : nullptr;
        return 0;
    });
}
EXPORT int64_t t_set_grad(Handle t, Handle grad) { return guarded_number([&]() -> int64_t { t->mutable_grad() = grad ? *grad : at::Tensor(); return 0; }); }
EXPORT int64_t t_retain_grad(Handle t) { return guarded_number([&]() -> int64_t { t->retain_grad(); return 0; }); }

EXPORT int64_t a_backward(Handle* roots, int64_t n, Handle* grads, int64_t grad_count, int32_t retain, int32_t create, Handle* inputs, int64_t input_count) {
    return guarded_number([&]() -> int64_t {
        std::vector<at::Tensor> given;
        for (int64_t i = 0; i < grad_count; i++)
            given.push_back(grads[i] ? *grads[i] : at::Tensor());
        torch::autograd::backward(list_of(roots, n), given, retain != 0, create != 0, list_of(inputs, input_count));
        return 0;
    });
}

EXPORT int64_t a_grad(Handle* outputs, int64_t n, Handle* inputs, int64_t m, Handle* grads, int64_t grad_count, int32_t retain, int32_t create, int32_t allow_unused, Handle* out) {
    return guarded_number([&]() -> int64_t {
        std::vector<at::Tensor> given;
        for (int64_t i = 0; i < grad_count; i++)
            given.push_back(grads[i] ? *grads[i] : at::Tensor());
        auto results = torch::autograd::grad(list_of(outputs, n), list_of(inputs, m), given, retain != 0, create != 0, allow_unused != 0);
        for (size_t i = 0; i < results.size(); i++)
            out[i] = results[i].defined() ? wrap(results[i]) : nullptr;
        return 0;
    });
}

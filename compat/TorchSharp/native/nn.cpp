// What layers, losses and optimizers call.
#include "shim.h"
#include <ATen/core/grad_mode.h>

EXPORT Handle n_linear(Handle x, Handle w, Handle b) { return guarded([&] { return at::linear(*x, *w, maybe(b)); }); }
EXPORT Handle n_embedding(Handle w, Handle ids, int64_t padding) { return guarded([&] { return at::embedding(*w, *ids, padding, false, false); }); }
EXPORT Handle n_layer_norm(Handle x, const int64_t* shape, int64_t n, Handle w, Handle b, double eps) { return guarded([&] { return at::layer_norm(*x, dims_of(shape, n), maybe(w), maybe(b), eps, false); }); }
EXPORT Handle n_dropout(Handle x, double p, int32_t train) { return guarded([&] { return at::dropout(*x, p, train != 0); }); }
EXPORT Handle n_gelu(Handle x, int32_t by_tanh) { return guarded([&] { return at::gelu(*x, by_tanh ? "tanh" : "none"); }); }
EXPORT Handle n_cross_entropy(Handle x, Handle target, Handle w, int64_t reduction, int64_t ignore, double smoothing) { return guarded([&] { return at::cross_entropy_loss(*x, *target, maybe(w), reduction, ignore, smoothing); }); }
EXPORT Handle n_nll_loss(Handle x, Handle target, Handle w, int64_t reduction, int64_t ignore) { return guarded([&] { return at::nll_loss(*x, *target, maybe(w), reduction, ignore); }); }
EXPORT Handle n_mse_loss(Handle x, Handle y, int64_t reduction) { return guarded([&] { return at::mse_loss(*x, *y, reduction); }); }
EXPORT Handle n_bce_logits(Handle x, Handle y, Handle w, Handle pos, int64_t reduction) { return guarded([&] { return at::binary_cross_entropy_with_logits(*x, *y, maybe(w), maybe(pos), reduction); }); }
EXPORT Handle n_softplus(Handle x, double beta, double threshold) { return guarded([&] { return at::softplus(*x, beta, threshold); }); }
EXPORT Handle n_leaky_relu(Handle x, double slope) { return guarded([&] { return at::leaky_relu(*x, slope); }); }
EXPORT Handle n_cosine_similarity(Handle a, Handle b, int64_t dim, double eps) { return guarded([&] { return at::cosine_similarity(*a, *b, dim, eps); }); }
EXPORT Handle n_pad_sequence(Handle* ts, int64_t n, int32_t batch_first, double value) { return guarded([&] { return at::pad_sequence(list_of(ts, n), batch_first != 0, value); }); }
EXPORT Handle n_sdpa(Handle q, Handle k, Handle v, Handle mask, double p, int32_t causal) {
    return guarded([&]() -> at::Tensor {
        // The plain composition: libtorch 1.13 has no public one, and 2.x computes the same.
        auto scores = at::matmul(q->div(std::sqrt(static_cast<double>(q->size(-1)))), k->transpose(-2, -1));
        if (causal)
            scores = scores.masked_fill(at::ones({q->size(-2), k->size(-2)}, q->options().dtype(at::kBool)).tril().logical_not(), -std::numeric_limits<double>::infinity());
        if (mask)
            scores = mask->scalar_type() == at::kBool ? scores.masked_fill(mask->logical_not(), -std::numeric_limits<double>::infinity()) : scores.add(*mask);
        auto weights = at::softmax(scores, -1);
        if (p > 0)
            weights = at::dropout(weights, p, true);
        return at::matmul(weights, *v);
    });
}

// AdamW or Adam over all parameters at once: one pass each, no temporary that outlives it. Parameters without a gradient (null) are left alone.
EXPORT int64_t n_adam_step(Handle* params, Handle* grads, Handle* first, Handle* second, int64_t n, double lr, double beta1, double beta2, double eps, double decay, int64_t step, int32_t decoupled) {
    return guarded_number([&]() -> int64_t {
        c10::AutoGradMode off(false);
        const double one = 1 - std::pow(beta1, static_cast<double>(step)), two = 1 - std::pow(beta2, static_cast<double>(step));
        for (int64_t i = 0; i < n; i++) {
            if (!grads[i])
                continue;
            auto &p = *params[i], &m = *first[i], &v = *second[i];
            at::Tensor g = *grads[i];
            if (decay != 0) {
                if (decoupled) p.mul_(1 - lr * decay);
                else g = g.add(p, decay);
            }
            m.mul_(beta1).add_(g, 1 - beta1);
            v.mul_(beta2).addcmul_(g, g, 1 - beta2);
            auto scale = v.sqrt().div_(std::sqrt(two)).add_(eps);
            p.addcdiv_(m, scale, -lr / one);
        }
        return 0;
    });
}

// The global norm over all gradients, each scaled so that it is at most the limit. Returns the norm before through out.
EXPORT int64_t n_clip_norm(Handle* grads, int64_t n, double limit, double norm_type, double* out) {
    return guarded_number([&]() -> int64_t {
        c10::AutoGradMode off(false);
        std::vector<at::Tensor> norms;
        for (int64_t i = 0; i < n; i++)
            norms.push_back(at::norm(*grads[i], norm_type));
        *out = norms.empty() ? 0 : at::norm(at::stack(norms), norm_type).item().toDouble();
        const double scale = limit / (*out + 1e-6);
        // A norm that is no number spoils every gradient, as it does elsewhere.
        if (!(scale >= 1))
            for (int64_t i = 0; i < n; i++)
                grads[i]->mul_(scale);
        return 0;
    });
}

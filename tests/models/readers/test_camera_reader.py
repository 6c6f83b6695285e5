import torch
from attention_layers import (
    B,
    C,
    F,
    assert_same_with_gradients,
    attention_layer,
    n,
    slow_attention,
)
from torch import nn

from dynascene.models.call import Call, calling
from dynascene.models.conditioners.plucker_camera import camera_adaptor
from dynascene.models.injection import Injection
from dynascene.models.readers.camera import CameraReader


def test_each_pixel_is_paired_with_its_own_camera_feature() -> None:
    adaptor = camera_adaptor(C, 4)
    nn.init.normal_(adaptor[2].weight)
    attn = attention_layer(CameraReader(1, adaptor))
    h, w = 2, 3
    camera = torch.randn(B, F, 4, h, w, requires_grad=True)
    hidden = torch.randn(B * h * w, F, C, requires_grad=True)
    with calling(Call(Injection(camera=(torch.zeros(0), camera)), frames=F)):
        fast = attn(hidden)
    slow = []
    for b in range(B):
        for y in range(h):
            for x in range(w):
                states = hidden[b * h * w + y * w + x]
                tokens = torch.stack([
                    states[f] + adaptor(torch.cat([states[f], camera[b, f, :, y, x]]))
                    for f in range(F)
                ])  # fmt: skip
                slow.append(attn.to_out[0](slow_attention(attn, tokens, tokens)))
    assert_same_with_gradients(fast, torch.stack(slow), [camera, hidden, adaptor[0].weight])


@torch.no_grad()
def test_a_fresh_adaptor_and_a_missing_camera_are_silent() -> None:
    own, camera = torch.randn(6, F, C), torch.randn(1, F, 4, 2, 3)
    attn = attention_layer(CameraReader(0, camera_adaptor(C, 4)))
    with calling(Call(Injection(camera=(camera,)), frames=F)):
        assert torch.equal(attn(own), attention_layer()(own))
    own = torch.randn(B, n, C)
    assert torch.equal(attn(own), attention_layer()(own))

"""The processor of every attention layer of the U-Nets, and its readers.

Legend: B clips, F frames, n tokens of one item, C channels, d channels of one head. An item is a
row of the batch: a frame in the spatial layers, one pixel over all frames in the motion modules.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor

from dynascene.errors import InputError
from dynascene.models.call import Call, current_call

AnyAttention = Any  # diffusers' Attention, whose projections are typed as optional
Projection = Literal["to_q", "to_k", "to_v", "to_out"]


@dataclass
class AttentionState:
    """One attention as its readers see it.

    Attributes:
        query, key, value: [items, heads, n, d].
        keys_and_values: projects other tokens [items, n, C] with this layer's weights, and with
            what readers add to its projections.
    """

    query: Tensor
    key: Tensor
    value: Tensor
    keys_and_values: Callable[[Tensor], tuple[Tensor, Tensor]]
    # torch.compile breaks at the lock of cached_property
    _attended: Tensor | None = field(default=None, init=False, repr=False)

    @property
    def attended(self) -> Tensor:
        """The layer's own attention s, [items, heads, n, d]; computed where somebody asks."""
        if self._attended is None:
            self._attended = attend(self.query, self.key, self.value)
        return self._attended


class Reader:
    """What a conditioner adds to one attention layer; each kind overrides what it changes.

    The weights belong to the conditioner, so that they are saved and trained with it. A reader
    calls modules of it; what it needs of a bare parameter, such as a gate, comes with the call's
    injection: offloading and sharding have a parameter in place only while its own module runs.

    Attributes:
        probes: names of the values that it can record for losses. It records one with
            ``Call.record``, and only when ``Call.wants`` it.
    """

    probes: tuple[str, ...] = ()

    def merge_input(self, states: Tensor, call: Call) -> Tensor:
        """The layer's input [items, n, C] with this reader's input merged into it."""
        return states

    def projection_change(
        self, projection: Projection, states: Tensor, call: Call
    ) -> Tensor | None:
        """The change of a projection of ``states`` [items, n, C]; None: no change."""
        return None

    def attended_change(self, state: AttentionState, call: Call) -> Tensor | None:
        """The change of the attention s, [items, heads, n, d]; None: no change."""
        return None

    def attended_instead(self, state: AttentionState, call: Call) -> Tensor | None:
        """s and this reader's change in one, where it can be computed without s.

        None: it cannot, and ``attended_change`` is asked.
        """
        return None


class AttentionSite:
    """The processor of one attention layer: diffusers' own attention, changed by its readers.

    z: the layer's input, into which readers have merged theirs, in the order in which they were
    added. P(x) = W_P x + Σ_i P_i(x): each of its projections to_q, to_k, to_v, to_out, and what
    readers add to it. s = softmax(q kᵀ / √d) v: its own attention, with q = to_q(z), and k and v of
    z, or of the context in cross-attention. Δ_i: what readers add to s; each is relative to the
    same s, so their order does not matter. The output is to_out(s + Σ_i Δ_i). Where one reader
    gives s + Δ_i at once and no other asks for s, it is not computed.
    """

    def __init__(self) -> None:
        self.readers: list[Reader] = []

    def add(self, reader: Reader) -> None:
        """Add a reader to those that are there."""
        self.readers.append(reader)

    def __call__(
        self,
        attn: AnyAttention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
    ) -> Tensor:
        if attention_mask is not None:
            raise ValueError("attention_mask: these attention layers take none")
        call = current_call()
        for reader in self.readers:
            hidden_states = reader.merge_input(hidden_states, call)
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states

        def keys_and_values(states: Tensor) -> tuple[Tensor, Tensor]:
            keys = self._project(attn, "to_k", states, call)
            values = self._project(attn, "to_v", states, call)
            return _heads(attn, keys), _heads(attn, values)

        query = _heads(attn, self._project(attn, "to_q", hidden_states, call))
        key, value = keys_and_values(context)
        output = self._changed(AttentionState(query, key, value, keys_and_values), call)
        output = self._project(attn, "to_out", output.transpose(1, 2).flatten(2), call)
        return attn.to_out[1](output)  # diffusers' dropout

    def _changed(self, state: AttentionState, call: Call) -> Tensor:
        """s + Σ_i Δ_i."""
        output, changes = None, []
        for reader in self.readers:
            instead = reader.attended_instead(state, call)
            if instead is None:
                changes.append(reader.attended_change(state, call))
            elif output is None:
                output = instead
            else:
                changes.append(instead - state.attended)
        if output is None:
            output = state.attended
        for change in changes:
            if change is not None:
                output = output + change
        return output

    def _project(
        self, attn: AnyAttention, projection: Projection, states: Tensor, call: Call
    ) -> Tensor:
        """A projection of the layer, with what readers add to it."""
        layer = attn.to_out[0] if projection == "to_out" else getattr(attn, projection)
        output = layer(states)
        for reader in self.readers:
            change = reader.projection_change(projection, states, call)
            if change is not None:
                output = output + change
        return output


class SiteAttention(Attention):
    """diffusers' attention layer with a site, which it keeps.

    Any other processor would leave out what the site's readers say: the camera, the reference.
    """

    def set_processor(self, processor: Any) -> None:
        """Raises InputError for a processor that is no site."""
        if not isinstance(processor, AttentionSite):
            raise InputError(
                f"{type(processor).__name__}: would leave out camera and reference; these "
                "attention layers keep their own processor, which uses torch's fused attention"
            )
        super().set_processor(processor)


def attention_site(attention: AnyAttention) -> AttentionSite:
    """The site of an attention layer of a U-Net that ``backbone`` built."""
    site = attention.processor
    if not isinstance(site, AttentionSite):
        raise TypeError(f"{type(site).__name__} takes no readers: build the U-Net with backbone")
    return site


def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """softmax(q kᵀ / √d) v, in the precision of the query."""
    attention = nn.functional.scaled_dot_product_attention
    # fake tensors, which are counted and not computed, stand for those of a GPU
    on_cpu = query.device.type == "cpu" and not isinstance(query, FakeTensor)
    if not on_cpu or query.dtype == torch.float32:
        return attention(query, key, value)
    # on CPUs torch's own is up to five times slower in half precision than in float32
    with torch.autocast("cpu", enabled=False):
        return attention(query.float(), key.float(), value.float()).to(query.dtype)


def attention_weights(query: Tensor, key: Tensor) -> Tensor:
    """softmax(q kᵀ / √d) itself, [items, heads, n, m] float32."""
    with torch.autocast(query.device.type, enabled=False):
        scores = query.float() @ key.float().transpose(-1, -2)
        return (scores / query.shape[-1] ** 0.5).softmax(dim=-1)


def _heads(attn: AnyAttention, states: Tensor) -> Tensor:
    """[items, n, C] → [items, heads, n, C / heads]."""
    return states.unflatten(-1, (attn.heads, -1)).transpose(1, 2)

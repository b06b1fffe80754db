"""Batches without padding: tokens of all texts in one row, so that products compute nothing for nothing."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Packed:
    """Texts of different length, packed; `tokens` is the sum of the lengths, `length` the longest."""

    texts: int
    length: int
    ids: torch.Tensor  # int64 [tokens]
    positions: torch.Tensor  # int64 [tokens], within each text
    text_of: torch.Tensor  # int64 [tokens], to which text a token belongs
    counts: torch.Tensor  # float32 [texts, 1]
    slots: (
        torch.Tensor | None
    )  # int64 [tokens], place in the padded form; None where all are equally long
    mask: torch.Tensor | None  # bool [texts, 1, 1, length], True where there is a token


def pack(token_ids: list[list[int]], device: torch.device) -> Packed:
    """Pack the token ids of some texts."""
    lengths = torch.tensor([len(ids) for ids in token_ids])
    length = int(lengths.max())
    text_of = torch.repeat_interleave(torch.arange(len(token_ids)), lengths)
    positions = torch.cat([torch.arange(int(count)) for count in lengths])
    ids = torch.tensor([token for ids in token_ids for token in ids])
    slots = mask = None
    if int(lengths.min()) < length:
        slots = (text_of * length + positions).to(device, non_blocking=True)
        mask = (torch.arange(length)[None] < lengths[:, None])[:, None, None, :].to(device)
    return Packed(
        texts=len(token_ids),
        length=length,
        ids=ids.to(device),
        positions=positions.to(device),
        text_of=text_of.to(device),
        counts=lengths[:, None].float().to(device),
        slots=slots,
        mask=mask,
    )

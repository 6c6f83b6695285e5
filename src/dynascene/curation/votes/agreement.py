"""How far several raters agree beyond chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def krippendorff_alpha(counts: Iterable[Sequence[int]]) -> float | None:
    """Krippendorff's α for nominal data: 1 = all agree, 0 = as by chance, below 0 = worse.

    With m_u votes on clip u, n_uc of them for value c, n_c = Σ_u n_uc and n = Σ_c n_c:

        D_o = 1/n · Σ_u Σ_c n_uc (m_u − n_uc) / (m_u − 1)      pairs within a clip that differ
        D_e = 1/(n (n − 1)) · Σ_c n_c (n − n_c)                 pairs of any two votes that differ
        α = 1 − D_o / D_e

    Args:
        counts: [clips, values], how many raters chose each value for each clip. Clips with fewer
            than two votes are left out.

    Returns:
        α; None where it is undefined: no clip has two votes, or all votes are equal.
    """
    pairable = [tuple(row) for row in counts if sum(row) >= 2]
    totals = [sum(column) for column in zip(*pairable, strict=True)]
    n = sum(totals)
    expected = sum(c * (n - c) for c in totals)
    if not expected:
        return None
    observed = sum(sum(c * (sum(row) - c) for c in row) / (sum(row) - 1) for row in pairable)
    return 1 - observed * (n - 1) / expected

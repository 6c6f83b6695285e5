"""Operations on pictures: colour, metrics, resizing, contact sheets."""

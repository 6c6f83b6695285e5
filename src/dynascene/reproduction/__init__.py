"""The paper's tables, remade: each row trained at one budget, measured, beside the paper."""

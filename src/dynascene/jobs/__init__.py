"""What every job does beside its work: log, result folder, resumption."""

"""What all jobs share: log, result folder, resumption."""

"""What benchmarks/composited_people.py puts before its cameras."""

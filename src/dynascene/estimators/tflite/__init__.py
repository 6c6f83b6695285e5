"""Networks in TFLite files, read and run without an interpreter of their own."""

"""numba lives here only: arrays in, arrays out; no files, no mail words, no printing."""

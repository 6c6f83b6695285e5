"""The denoiser, its conditioners, and the systems that are composed of them."""

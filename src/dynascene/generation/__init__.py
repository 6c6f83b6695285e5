"""From a shot and a scene to frames: generators, compositing, delivery."""

"""The camera of a filmed clip: static, turning or travelling."""

from dynascene.estimators.camera.tracking import TrackedCamera, TrackingOptions, track_camera

__all__ = ["TrackedCamera", "TrackingOptions", "track_camera"]

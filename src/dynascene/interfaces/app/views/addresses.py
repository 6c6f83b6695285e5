"""How a picture reaches the page: within its own address."""

import base64

import cv2
import numpy as np

JPEG_QUALITY = 90


def address_of(picture: np.ndarray) -> str:
    """A picture, uint8 [H, W, 3], as an address that holds it as JPEG."""
    bgr = np.ascontiguousarray(picture[..., ::-1])
    is_encoded, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert is_encoded, "OpenCV encodes every picture of bytes"
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode('ascii')}"

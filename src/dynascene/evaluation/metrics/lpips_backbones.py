"""The networks that LPIPS looks through, in the layout of torchvision's published files.

B pictures, C channels, H W pixels.
"""

from torch import Tensor, cat, nn

HEAD = ("classifier.",)  # in the published files, for classes


class TappedFeatures(nn.Module):
    """Layers in a row, of which the outputs of some are looked at.

    Attributes:
        features: the layers.
        taps: numbers of the layers that are looked at.
        widths: channels of each.
    """

    def __init__(self, features: nn.Sequential, taps: tuple[int, ...], widths: tuple[int, ...]):
        super().__init__()
        self.features, self.taps, self.widths = features, taps, widths

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """[B, 3, H, W] → one [B, C, h, w] per tap."""
        outputs = []
        for number in range(max(self.taps) + 1):
            pictures = self.features[number](pictures)
            if number in self.taps:
                outputs.append(pictures)
        return outputs


class Fire(nn.Module):
    """SqueezeNet's block: fewer channels, then two convolutions of them side by side."""

    def __init__(self, channels: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x).relu()
        return cat([self.expand1x1(x).relu(), self.expand3x3(x).relu()], dim=1)


def alexnet() -> TappedFeatures:
    """AlexNet (Krizhevsky, 2014, "one weird trick"), 2.5 M parameters."""
    layers = [
        nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(),
    ]  # fmt: skip
    return TappedFeatures(nn.Sequential(*layers), (1, 4, 7, 9, 11), (64, 192, 384, 256, 256))


def vgg16() -> TappedFeatures:
    """VGG-16 (Simonyan and Zisserman, 2015), 14.7 M parameters."""
    layers: list[nn.Module] = []
    taps, widths, channels = [], (64, 128, 256, 512, 512), 3
    for width, count in zip(widths, (2, 2, 3, 3, 3), strict=True):
        if layers:
            layers.append(nn.MaxPool2d(2))
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        taps.append(len(layers) - 1)
    return TappedFeatures(nn.Sequential(*layers), tuple(taps), widths)


def squeezenet() -> TappedFeatures:
    """SqueezeNet 1.1 (Iandola et al., 2016) as torchvision trained it, 0.7 M parameters.

    The network that its authors published for Caffe has the same shapes and other weights; the
    heads of LPIPS do not fit it.
    """
    layers = [
        nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
        Fire(64, 16, 64), Fire(128, 16, 64), nn.MaxPool2d(3, 2, ceil_mode=True),
        Fire(128, 32, 128), Fire(256, 32, 128), nn.MaxPool2d(3, 2, ceil_mode=True),
        Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
    ]  # fmt: skip
    widths = (64, 128, 256, 384, 384, 512, 512)
    return TappedFeatures(nn.Sequential(*layers), (1, 4, 7, 9, 10, 11, 12), widths)

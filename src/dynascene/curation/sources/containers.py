"""Which endings name a video, and what FFmpeg calls the containers that they promise."""

CONTAINERS: dict[str, frozenset[str]] = {
    ending: frozenset(formats.split())
    for endings, formats in {
        ".mp4 .m4v .mov .3gp": "mp4",
        ".mkv .webm": "matroska",
        ".avi": "avi",
        ".flv": "flv",
        ".gif": "gif",
        ".ts .mts .m2ts": "mpegts",
        ".mpg .mpeg": "mpeg mpegts mpegvideo",
        ".mxf": "mxf",
        ".ogv": "ogg",
        ".wmv": "asf",
    }.items()
    for ending in endings.split()
}

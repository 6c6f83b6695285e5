"""File endings of videos, and FFmpeg's names of the containers that they stand for."""

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

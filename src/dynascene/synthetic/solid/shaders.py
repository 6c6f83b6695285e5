"""The solid world's shaders (GLSL 3.30). Distances in metres, colours in linear light."""

SURFACE_VERTEX = """
#version 330
uniform mat4 clip_from_world;
in vec3 position; in vec3 normal; in vec3 texel; in vec3 tint;
out vec3 at, facing, uv, colour_of;
void main() {
    at = position; facing = normal; uv = texel; colour_of = tint;
    gl_Position = clip_from_world * vec4(position, 1.0);
}
"""

# Trilinear, by up to four readings along a footprint that is longer than wide: what OpenGL calls
# anisotropic filtering, which software does badly
_READ = """
uniform sampler2DArray pictures;
vec4 read(vec3 place) {
    vec2 x = dFdx(place.xy), y = dFdy(place.xy);
    vec2 along = dot(x, x) > dot(y, y) ? x : y, across = dot(x, x) > dot(y, y) ? y : x;
    float ratio = clamp(length(along) / max(length(across), 1e-9), 1.0, 4.0);
    int count = int(ceil(ratio));
    vec4 sum = vec4(0.0);
    for (int i = 0; i < count; i++) {
        vec2 shift = ((float(i) + 0.5) / float(count) - 0.5) * along;
        sum += textureGrad(pictures, place + vec3(shift, 0.0), along / ratio, across);
    }
    return sum / float(count);
}
"""

# 0.5 of the picture's alpha is the edge, however far away
_EDGE = """
float coverage(float alpha) {
    return clamp((alpha - 0.5) / max(fwidth(alpha), 1e-3) + 0.5, 0.0, 1.0);
}
"""

# 2 x 2 comparisons, each blended over 2 x 2 cells; beyond the map there is sun
_SUNNY = """
uniform sampler2DShadow shadows;
uniform mat4 shadow_from_world;
float sunny(vec3 point) {
    vec3 place = (shadow_from_world * vec4(point, 1.0)).xyz * 0.5 + 0.5;
    if (any(lessThan(place, vec3(0.0))) || any(greaterThan(place, vec3(1.0)))) return 1.0;
    vec2 cell = 0.8 / vec2(textureSize(shadows, 0));
    float sum = 0.0;
    for (int i = -1; i <= 1; i += 2)
        for (int j = -1; j <= 1; j += 2)
            sum += texture(shadows, vec3(place.xy + cell * vec2(i, j), place.z));
    return sum / 4.0;
}
"""

SURFACE_FRAGMENT = f"""
#version 330
uniform vec3 sun_from, sun, sky, bounce, eye;
uniform float ground, wrap, corner_shade;
in vec3 at, facing, uv, colour_of;
out vec4 colour;
{_READ}
{_EDGE}
{_SUNNY}
void main() {{
    vec4 seen = read(uv);
    float share = coverage(seen.a);
    if (share == 0.0) discard;
    vec3 n = normalize(facing);
    if (dot(n, eye - at) < 0.0) n = -n;
    float towards = max((dot(n, sun_from) + wrap) / (1.0 + wrap), 0.0);
    float lit = towards > 0.0 ? sunny(at + 0.04 * n) : 0.0;
    vec3 light = mix(bounce, sky, 0.5 - 0.5 * n.y) + lit * towards * sun;
    // less of the sky is seen from just above the ground
    float height = max(ground - at.y, 0.0);
    light *= 1.0 - corner_shade * exp(-height / 0.35) * (1.0 - abs(n.y));
    colour = vec4(seen.rgb * colour_of * light, share);
}}
"""

# What the ground loses of its light: black, to be laid over it
SHADE_FRAGMENT = f"""
#version 330
uniform float sun_share;
in vec3 at, facing, uv, colour_of;
out vec4 colour;
{_SUNNY}
void main() {{ colour = vec4(0.0, 0.0, 0.0, sun_share * (1.0 - sunny(at))); }}
"""

DEPTH_FRAGMENT = """
#version 330
uniform sampler2DArray pictures;
in vec3 at, facing, uv, colour_of;
out float depth;
void main() {
    if (texture(pictures, uv).a < 0.5) discard;
    depth = 1.0 / gl_FragCoord.w;
}
"""

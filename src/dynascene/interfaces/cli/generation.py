"""``dynascene generate``."""

from functools import wraps
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import Positional, arg

from dynascene.devices import choose_device
from dynascene.errors import InputError
from dynascene.generation.look.look_input import (
    GRAIN,
    HARMONISE,
    HARMONISE_STRENGTH,
    SHADOW,
    SOFTEN,
    LookInput,
)
from dynascene.generation.names import HarmonyName
from dynascene.interfaces.cli.arguments import (
    Hints,
    Layers,
    OptionalBackend,
    OptionalDegrees,
    OptionalDevice,
    OptionalGenerator,
    OptionalName,
    OptionalNumber,
    OptionalPath,
    OptionalPlace,
    OptionalPreset,
    OptionalSize,
    Switch,
    optional,
    parse_box,
    parse_framing,
    parse_layers,
    parse_light,
    parse_range,
    parse_sensor,
    parse_size,
    parse_spaces,
    parse_stand,
    parse_things,
)
from dynascene.interfaces.cli.person_options import person_input
from dynascene.interfaces.cli.planned_clip import PlannedClip, default_out
from dynascene.io.names import AlphaKind, BitDepth, CameraFileName, Deinterlace


def plan_clip(
    person: Annotated[Positional[Path | None], optional("[PERSON]")] = None,
    /,
    *,
    scene: Annotated[Path, arg(metavar="IMAGE")],
    matte: OptionalPath = None,
    subject: Annotated[str | None, optional("N|X,Y")] = None,
    matte_backend: OptionalBackend = None,
    take_along: Switch = False,
    person_alone: Switch = False,
    hints: Hints = (),
    matte_shrink: Annotated[float, arg(metavar="PX")] = 0.0,
    matte_feather: Annotated[float, arg(metavar="PX")] = 0.0,
    cameras: Annotated[str | None, optional("FILE|none")] = None,
    camera_format: OptionalName = None,
    move: Annotated[str | None, optional("NAME[:AMOUNT]")] = None,
    pose: OptionalPath = None,
    person_image: OptionalPath = None,
    points: OptionalPath = None,
    framing: Annotated[str, arg(metavar="auto|centre|YAW,PITCH")] = "auto",
    scene_fov: OptionalDegrees = None,
    generator: OptionalGenerator = None,
    weights: Annotated[str | None, optional("small|PATH|HUB_ID")] = None,
    steps: Annotated[int | None, optional("N")] = None,
    guidance: OptionalNumber = None,
    prompt: Annotated[str | None, optional("TEXT")] = None,
    negative_prompt: Annotated[str | None, optional("TEXT")] = None,
    preset: OptionalPreset = None,
    four_bits: Switch = False,
    seed: int = 0,
    device: OptionalDevice = None,
    no_scene_memory: Annotated[bool, arg(help_behavior_hint="")] = False,
    size: OptionalSize = None,
    frames: Annotated[str | None, optional("A:B")] = None,
    fov: OptionalDegrees = None,
    horizon: OptionalNumber = None,
    camera_height: OptionalNumber = None,
    camera_scale: OptionalNumber = None,
    scene_depth: OptionalPath = None,
    place: OptionalPlace = None,
    box: Annotated[str | None, optional("X0,Y0,X1,Y1[,VX,VY]")] = None,
    stand: Annotated[str | None, optional("X,Y")] = None,
    person_scale: float = 1.0,
    person_height: float = 1.7,
    alpha: AlphaKind = "auto",
    deinterlace: Deinterlace = "auto",
    fill_gaps: Annotated[bool, arg(help_behavior_hint="")] = False,
    frame_rate: Annotated[str | None, optional("FPS")] = None,
    rotation_order: Annotated[str | None, optional("XYZ")] = None,
    sensor: OptionalSize = None,
    layers: Layers = None,
    straight: Switch = False,
    ocio: Annotated[str | None, optional("CONFIG")] = None,
    ocio_person: OptionalName = None,
    ocio_scene: OptionalName = None,
    ocio_layers: OptionalName = None,
    bit_depth: BitDepth = "auto",
    camera_files: tuple[CameraFileName, ...] = (),
    shadow: Annotated[float, arg(metavar="0..1")] = SHADOW,
    light: Annotated[str | None, optional("AZ,EL")] = None,
    harmonise: HarmonyName = HARMONISE,
    harmonise_strength: Annotated[float, arg(metavar="0..1")] = HARMONISE_STRENGTH,
    soften: Annotated[float, arg(metavar="0..1")] = SOFTEN,
    grain: Annotated[float, arg(metavar="0..1")] = GRAIN,
    focus: Annotated[float, arg(metavar="0..1")] = 0.0,
    preview: Annotated[bool, arg(help_behavior_hint="")] = False,
    out: Annotated[Path | None, optional("DIR")] = None,
    batch: Annotated[str | None, optional("FILE.jsonl|GLOB")] = None,
    workers: Annotated[int | None, optional("N")] = None,
    quiet: Switch = False,
    json: Switch = False,
) -> PlannedClip:
    """Put a filmed person into a picture of a place, with a background that follows the camera.

    Args:
        person: video or folder of frames, or a still with alpha; none = camera alone.
        scene: the picture of the place.
        matte: video or folder of the same frames, white = person (or animal, or object); default:
            the alpha of PERSON, else cut out as by dynascene matte.
        subject: whom to cut out where there are several: their number or a pixel on them.
        matte_backend: how to cut out: motion, pose, selfie or modnet (default: the best at hand).
        take_along: what the person rides, holds or carries belongs to the cut-out: what moves with
            them and touches them.
        person_alone: only the person belongs to it, also where they are seldom seen.
        hints: mend a wrong frame of the cut-out: FRAME counts from the first one in use, X,Y is a
            pixel that is the person's, or with ,out is not (dynascene matte). Can be given several
            times.
        matte_shrink: move the matte's outline inwards by so many pixels of the clip, fractions too;
            negative: outwards.
        matte_feather: soften it so that a hard edge falls from 90 to 10 percent within so many
            pixels of the clip.
        cameras: a camera file or folder, or "none" where the camera is unknown (default: tracked
            in the person's video, unless --move is given).
        camera_format: the camera file's format, where it does not tell (dynascene cameras --help).
        move: a camera move such as pan-right:20 or dolly-in:0.3+tilt-up:5, or a keyframe file:
            static, pan-left, pan-right, tilt-up, tilt-down, roll-left, roll-right, orbit-left,
            orbit-right (degrees), dolly-in, dolly-out, truck-left, truck-right, pedestal-up,
            pedestal-down, crane-up, crane-down, dolly-zoom (1 = the depth of the place), handheld
            (dynascene cameras moves says more).
        pose: how somebody moves who was not filmed, in place of PERSON: a file of poses, or a
            skeleton video (weights of animateanywhere and disentangled).
        person_image: a picture of that person; without alpha it is cut out (dynascene weights
            pose).
        points: points by which the background moves, as dynascene points writes them (weights of
            disentangled; default: they follow the camera of --move or --cameras).
        framing: where the first frame looks into the picture: auto, centre, or YAW,PITCH degrees.
        scene_fov: horizontal field of view of the picture in degrees, 360 for an equirectangular
            panorama (default: what the picture's tags say, else 60 or what suits
            the clip's camera).
        generator: what makes the background: diffusion, a trained model (the default), projection,
            which needs no weights and is quick, or vace, the public video weights Wan2.1-VACE.
        weights: weights of the model: small (bundled), a folder, or a hub id.
        steps: sampling steps (default: as the weights say).
        guidance: strength of classifier-free guidance (default: as the weights say).
        prompt: what the place shows where the picture ends, in words, for vace.
        negative_prompt: what it must not show, for vace.
        preset: the gigabytes of the GPU that vace is to fit (docs: vace).
        four_bits: hold the weights of vace in 4 bits, half of the presets' 8 (an NVIDIA GPU).
        seed: seed of the sampling.
        device: where networks calculate: cpu, cuda or mps (default: a CUDA GPU where there is one,
            else the CPU).
        no_scene_memory: sample every frame anew. Otherwise what the camera reveals is painted once,
            in a few views along the track, and stays when the camera comes back (models with a
            guide).
        size: rendering size of the background, such as 1280x720 (default: the person's).
        frames: use the frames A:B of the person, B excluded.
        fov: horizontal field of view of the filmed camera, where no file tells it.
        horizon: height of the horizon in the picture, 0 = top, 1 = bottom (default: estimated).
        camera_height: height of the filmed camera above the ground, in the camera file's unit.
        camera_scale: track units per unit of the camera file; 1 for files that dynascene wrote.
        scene_depth: depth map of the picture, larger = farther (16-bit PNG, TIFF or npy).
        place: shape of the place: ground (level ground and a backdrop), box (floor, walls and
            ceiling, as far as the picture has them) or depth (default: by depth where there is
            one, else a box where the picture's lines tell it clearly, else ground).
        box: the box's back wall in pixels of the picture: upper left and lower right corner, and
            where wanted the vanishing point of the side walls (default: in the middle, on the
            horizon); a corner on the picture's border leaves that side open.
        stand: where in the picture the person's feet are, in its pixels, in the first frame that
            shows them. The person's pixels stay as filmed: the camera is put where it must stand.
        person_scale: how large the person is against the place (1 = as estimated); moves the
            camera too, and resizes nobody.
        person_height: the person's height in metres; tells the scale where the camera is tracked.
        alpha: whether the person's colours were multiplied by their alpha (auto: told by the file,
            else by the colours).
        deinterlace: make interlaced video pictures of one moment: frames that say that they are
            interlaced (auto), all, or none.
        fill_gaps: where a folder of frames lacks one, the frame before stands still.
        frame_rate: frames a second of a folder of frames, such as 25 or 30000/1001 (default: 24).
        rotation_order: order of the rotations in a chan file, such as zxy.
        sensor: sensor of a chan file's camera in millimetres, such as 36x24.
        layers: also write person, background and shadow apart: png (16 bits, which is meant where
            nothing follows), exr (OpenEXR in linear light, with depth and camera), prores (4444).
        straight: colours in the OpenEXR layers are not multiplied by alpha.
        ocio: a config of OpenColorIO, a file or ocio://default, for the colour spaces below.
        ocio_person: the colour space of PERSON (default: what the file says).
        ocio_scene: the colour space of the picture (default: what the file says).
        ocio_layers: the colour space of the OpenEXR layers (default: linear Rec. 709).
        bit_depth: bits of the clips: 8 (H.264), 10 (HEVC), or as PERSON (auto).
        camera_files: also write the cameras for programs of artists, such as usda nuke; glb has the
            place as meshes too.
        shadow: strength of the shadow on the ground, 0 = none.
        light: direction of the light that casts it: degrees to the right of the picture's middle,
            180 = from behind the camera, and degrees above the horizon (default: estimated).
        harmonise: who takes the other's light: person, place, both, or none.
        harmonise_strength: how much of the difference of light goes.
        soften: how much of the difference goes where the background is sharper than the clip.
        grain: how much of the clip's grain that the background lacks is added to it.
        focus: depth of field of the background around the person's distance (0: all is sharp).
        preview: make only a picture, DIR-preview.png beside the folder of the results: a few small
            frames of what the full run would give, in seconds.
        out: folder of the results (default: named after the person and the scene).
        batch: make many clips: the options of each on a line of a .jsonl file (docs/batch.md), or
            each person that a pattern such as "clips/*.mp4" names. What is finished is skipped; one
            that fails does not stop the others.
        workers: with --batch: clips at work at once (default: one for each core).
        quiet: no progress and no notices on standard error; the report has them.
        json: print the result as JSON: the paths and the report.
    """
    from dynascene.estimators.matte.outline import MatteOutline
    from dynascene.generation.clip import DEFAULT_GENERATOR, GenerationOptions
    from dynascene.generation.delivery_input import DeliveryInput
    from dynascene.generation.request import (
        CameraInput,
        GenerationRequest,
        MotionInput,
        PlaceInput,
    )

    if workers is not None:  # a batch is read elsewhere, shot by shot
        raise InputError("`workers`: goes with `batch`")
    choose_device(device)
    spaces = parse_spaces(
        ocio, {"ocio_person": ocio_person, "ocio_scene": ocio_scene, "ocio_layers": ocio_layers}
    )
    options = GenerationOptions(
        generator=generator or DEFAULT_GENERATOR,
        size=parse_size(size) if size else None,
        framing=parse_framing(framing),
        seed=seed,
        steps=steps,
        guidance=guidance,
        weights=weights,
        prompt=prompt,
        negative_prompt=negative_prompt,
        preset=preset,
        four_bits=four_bits,
        scene_memory=not no_scene_memory,
    )
    request = GenerationRequest(
        place=PlaceInput(
            scene=scene,
            scene_fov=scene_fov,
            horizon=horizon,
            scene_depth=scene_depth,
            place=place,
            box=parse_box(box) if box else None,
            stand=parse_stand(stand) if stand is not None else None,
            person_scale=person_scale,
            ocio_scene=spaces["ocio_scene"],
        ),
        person=person_input(
            person,
            person_height,
            matte=matte,
            subject=subject,
            matte_backend=matte_backend,
            hints=hints,
            take_along=parse_things(take_along, person_alone),
            outline=MatteOutline(matte_shrink, matte_feather),
            alpha=alpha,
            deinterlace=deinterlace,
            fill_gaps=fill_gaps,
            frame_rate=frame_rate,
            ocio_person=spaces["ocio_person"],
        ),
        camera=CameraInput(
            cameras=cameras,
            camera_format=camera_format,
            move=move,
            fov=fov,
            camera_height=camera_height,
            camera_scale=camera_scale,
            rotation_order=rotation_order and rotation_order.upper(),
            sensor=parse_sensor(sensor) if sensor else None,
        ),
        motion=MotionInput(pose=pose, person_image=person_image, points=points),
        frames=parse_range(frames) if frames else None,
        delivery=DeliveryInput(
            layers=parse_layers(layers),
            straight=straight,
            ocio_layers=spaces["ocio_layers"],
            bit_depth=bit_depth,
            camera_files=camera_files,
        ),
        look=LookInput(
            shadow=shadow,
            light=parse_light(light) if light else None,
            harmonise=harmonise,
            harmonise_strength=harmonise_strength,
            soften=soften,
            grain=grain,
            focus=focus,
        ),
        options=options,
    )
    if out is not None and not str(out).strip("."):
        raise InputError("--out names a folder of its own for the results")
    out = out or default_out(person, scene)
    return PlannedClip(request=request, out=out, is_preview=preview, quiet=quiet, as_json=json)


@wraps(plan_clip)
def generate(*args: Any, **kwargs: Any) -> None:
    plan_clip(*args, **kwargs).make()


COMMANDS = {"generate": generate}

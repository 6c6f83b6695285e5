"""Things that a request names stand in its place; what cannot stand is one line."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from dynascene import CameraInput, GenerationOptions, GenerationRequest, PlaceInput
from dynascene.errors import InputError
from dynascene.generation.free_ground import smearing
from dynascene.generation.inputs import Inputs
from dynascene.generation.opening import open_inputs
from dynascene.generation.preview import make_preview
from dynascene.generation.uprights import doubt_of_cut, doubt_of_piece
from dynascene.geometry.box import PlaceBox
from dynascene.geometry.screen import Screen
from dynascene.geometry.surface import Stage
from dynascene.imaging.sheet import SheetHeader
from dynascene.jobs.log import Log

BOX = (60.0, 20.0, 100.0, 74.0)


@pytest.fixture(scope="module")
def street(tmp_path_factory) -> Path:
    """A red post on grey ground, before a blue backdrop; the horizon is row 40 of 90."""
    rng = np.random.default_rng(0)
    picture = np.full((90, 160, 3), (120, 120, 120), np.float64)
    picture[:45] = (180, 110, 60)  # BGR
    picture[25:70, 70:90] = (40, 30, 200)
    picture += rng.normal(0, 8, picture.shape)
    path = tmp_path_factory.mktemp("street") / "street.png"
    cv2.imwrite(str(path), picture.clip(0, 255).astype(np.uint8))
    return path


def opened(
    scene: Path, folder: Path, *uprights: tuple[float, ...], log: Log | None = None, **options
) -> Inputs:
    options = {"horizon": 4 / 9, "scene_fov": 60} | options
    place = PlaceInput(scene=scene, upright=uprights, **options)
    request = GenerationRequest(
        place=place,
        camera=CameraInput(move="truck-right:0.1"),
        frames=(0, 3),
        options=GenerationOptions(framing="centre"),
    )
    return open_inputs(request, folder, log or Log())


def test_a_box_around_a_thing_makes_it_stand(street: Path, tmp_path: Path) -> None:
    inputs = opened(street, tmp_path, BOX, place="ground")
    (card,) = inputs.scene.cards
    assert isinstance(card.surface, Screen)
    assert isinstance(inputs.scene.surface, Stage)
    solid = card.picture[4]
    assert solid[28:67, 72:88].min() == 1
    assert solid[:, :66].max() == 0
    (report,) = inputs.place["uprights"]
    assert report["box"] == list(BOX)
    assert all(abs(row - 70) <= 1 for _, row in report["feet"])


def test_the_sheet_shows_what_was_cut_out_and_where_it_stands(
    street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = []

    def sheet(rows: object, captions: object, header: SheetHeader) -> np.ndarray:
        headers.append(header)
        return np.zeros((8, 8, 3), np.uint8)

    monkeypatch.setattr("dynascene.generation.delivery.contact_sheet", sheet)
    wishes = {"scene": street, "horizon": 4 / 9, "scene_fov": 60, "place": "ground"}
    for boxes in ((), (BOX,)):
        place = PlaceInput(**wishes, upright=boxes)
        request = GenerationRequest(place=place, camera=CameraInput(move="static"), frames=(0, 3))
        make_preview(request, tmp_path / "out")
    plain, drawn = headers
    assert "1   upright 60,20,100,74" in drawn.title
    assert "upright" not in plain.title
    differs = (plain.scene != drawn.scene).any(axis=2)
    assert differs[68:72, 70:90].any(axis=0).all()  # the foot line
    assert differs[30:60, 68:72].any(axis=1).all()  # an edge of the post
    assert not differs[:20].any()
    assert not differs[:, :60].any()


def test_its_feet_can_be_given(street: Path, tmp_path: Path) -> None:
    feet = (70.0, 72.0, 90.0, 66.0)
    inputs = opened(street, tmp_path, (*BOX, *feet), place="ground")
    (report,) = inputs.place["uprights"]
    assert report["feet"] == [[70, 72], [90, 66]]
    (left, right) = inputs.scene.cards[0].surface.feet
    assert right[1] > left[1]  # the higher row is farther away


def test_things_stand_in_a_box_too(street: Path, tmp_path: Path) -> None:
    wall = (30.0, 5.0, 130.0, 52.0, 80.0, 40.0)
    inputs = opened(street, tmp_path, BOX, box=wall, horizon=None)
    assert isinstance(inputs.scene.surface, PlaceBox)
    assert len(inputs.scene.cards) == 1
    assert inputs.place["shape"] == "box"


def test_a_box_that_cuts_what_it_holds_is_said() -> None:
    mask = np.zeros((60, 80), np.float32)
    mask[20:50, 30:60] = 1
    assert doubt_of_cut(mask, (25, 15, 65, 55)) == ""
    assert doubt_of_cut(mask, (25, 15, 65, 50)) == ""  # it stands on the lower side
    assert "the left side" in doubt_of_cut(mask, (40, 15, 65, 55))
    assert "the upper and the right side" in doubt_of_cut(mask, (25, 30, 50, 55))
    thin = np.zeros_like(mask)
    thin[20:27, 30:60] = 1
    assert doubt_of_cut(thin, (40, 15, 65, 55)) == ""  # less than a fifth of the side
    at_border = np.roll(mask, (-20, -30), (0, 1))
    assert doubt_of_cut(at_border, (0, 0, 40, 40)) == ""  # the picture cuts it


def test_a_piece_of_a_thing_is_doubted() -> None:
    """A thing 40 wide and 40 high, of which more and more is missing."""
    box = (26.0, 16.0, 74.0, 64.0)
    whole = np.zeros((90, 120), np.float32)
    whole[20:60, 30:70] = 1
    assert doubt_of_piece(whole, box) == ""
    slats = whole * (np.arange(90) % 4 == 0)[:, None]  # as of a bench
    assert doubt_of_piece(slats.astype(np.float32), (30, 20, 70, 60)) == ""
    lamps = np.zeros_like(whole)
    lamps[20:24, 30:70] = lamps[56:60, 30:70] = 1  # they span the whole, and fill little
    assert "fills 14% of the box and spans 83% of its height" in doubt_of_piece(lamps, box)
    upper = whole.copy()
    upper[50:] = 0
    assert "spans 62% of its height" in doubt_of_piece(upper, box)
    assert doubt_of_piece(upper, (26, 16, 74, 54)) == ""
    beyond = (-48.0, -48.0, 48.0, 48.0)  # of a box beyond the picture its part within counts
    at_corner = np.zeros_like(whole)
    at_corner[:40, :40] = 1
    assert doubt_of_piece(at_corner, beyond) == ""


@pytest.mark.parametrize("box", [(10.2, 10.2, 10.4, 10.4), (5.0, 5.0, 15.0, 15.0)])
def test_a_box_that_nothing_was_cut_out_of_is_doubted(box: tuple[float, ...]) -> None:
    mask = np.zeros((90, 120), np.float32)
    mask[60:70, 60:70] = 1
    assert "fills 0% of the box and spans 0% of its height" in doubt_of_piece(mask, box)
    assert doubt_of_cut(mask, box) == ""


def test_pixels_that_a_box_only_touches_are_in_it() -> None:
    box = (10.6, 20.6, 13.4, 23.4)  # rounded it begins at 11 and 21
    mask = np.zeros((90, 120), np.float32)
    mask[20, 10] = 1
    assert "fills 6% of the box and spans 25% of its height" in doubt_of_piece(mask, box)
    mask[20:24, 10] = 1
    assert "the left" in doubt_of_cut(mask, box)


def test_of_a_box_beyond_the_picture_the_sides_within_it_count() -> None:
    mask = np.zeros((90, 120), np.float32)
    mask[:30, :40] = 1
    assert "touches the right side of" in doubt_of_cut(mask, (-30.0, -30.0, 40.0, 40.0))
    assert doubt_of_cut(mask, (-30.0, -30.0, 50.0, 40.0)) == ""


def test_a_thing_of_which_little_was_cut_out_has_one_line(
    street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lower third of the post touches a side of its box, too."""
    mask = np.zeros((90, 160), np.float32)
    mask[58:70, 60:90] = 1
    monkeypatch.setattr("dynascene.generation.uprights.cut_out_thing", lambda *_: mask)
    log = Log()
    opened(street, tmp_path, BOX, place="ground", log=log)
    assert len([line for line in log.notices if "what was cut out" in line]) == 1
    assert any("spans 22% of its height" in line for line in log.notices)


def test_several_things(street: Path, tmp_path: Path) -> None:
    picture = cv2.imread(str(street))
    picture[30:76, 120:140] = picture[24:70, 70:90]
    cv2.imwrite(str(tmp_path / "two.png"), picture)
    inputs = opened(tmp_path / "two.png", tmp_path, BOX, (112.0, 25.0, 148.0, 80.0), place="ground")
    assert len(inputs.scene.cards) == 2
    assert len(inputs.place["uprights"]) == 2


@pytest.mark.parametrize("other", [(66.0, 22.0, 96.0, 76.0), (66.0, 44.0, 96.0, 76.0)])
def test_one_thing_in_two_boxes_is_one_line(
    street: Path, tmp_path: Path, other: tuple[float, ...]
) -> None:
    """Also where one of them holds a part of it."""
    picture = cv2.imread(str(street))
    picture[48:70, 70:90] = picture[48:70, 70:90, ::-1]  # its lower part is blue
    cv2.imwrite(str(tmp_path / "post.png"), picture)
    with pytest.raises(InputError, match="the same thing") as error:
        opened(tmp_path / "post.png", tmp_path, BOX, other, place="ground")
    for box in (BOX, other):
        assert ",".join(f"{number:g}" for number in box) in str(error.value)


TRUCK, PERSON = (34.0, 18.0, 126.0, 72.0), (62.0, 24.0, 92.0, 86.0)


@pytest.mark.parametrize(("box", "legs"), [(TRUCK, 72), ((34.0, 18.0, 126.0, 84.0), 80)])
@pytest.mark.parametrize("order", [1, -1])
def test_somebody_before_a_truck_stands(
    box: tuple[float, ...],
    legs: int,
    order: int,
    street: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The truck's box holds the person too, to their feet where it is drawn around both."""
    cut_truck_and_person(monkeypatch, legs, foot=80)
    inputs = opened(street, tmp_path, *(box, PERSON)[::order], place="ground")
    truck, person = inputs.uprights[::order]
    assert person.mask[50, 77] == truck.mask[50, 45] == truck.mask[50, 115] == 1
    assert truck.mask[30:, 70:84].max() == 0
    assert float(person.feet[:, 1].max()) == 80
    assert float(truck.feet[:, 1].max()) == 66  # and not of the legs
    assert len(inputs.scene.cards) == 2


def test_two_people_before_a_truck_stand(
    street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feet of neither are the truck's."""
    truck, second = (34.0, 18.0, 126.0, 84.0), (92.0, 24.0, 116.0, 86.0)
    cut_truck_and_person(monkeypatch, 80, foot=80, people=2)
    inputs = opened(street, tmp_path, truck, PERSON, second, place="ground")
    assert [float(each.feet[:, 1].max()) for each in inputs.uprights] == [66, 80, 80]


@pytest.mark.parametrize("part", ["wheel", "trunk"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_part_of_a_thing_does_not_stand_by_itself(
    part: str, order: int, street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel meets the ground where the truck does; a box cuts a trunk out of its tree."""
    foot = 67 if part == "wheel" else 80
    cut_truck_and_person(monkeypatch, foot, foot)
    box = (62.0, 24.0, 92.0, 86.0) if part == "wheel" else (62.0, 30.0, 92.0, 86.0)
    with pytest.raises(InputError, match="hold the same thing"):
        opened(street, tmp_path, *(TRUCK, box)[::order], place="ground")


def cut_truck_and_person(
    monkeypatch: pytest.MonkeyPatch, legs: int, foot: int, people: int = 1
) -> None:
    """What boxes hold: wide ones a truck with what is before it down to a row, others somebody."""

    def cut_out(_: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
        mask = np.zeros((90, 160), np.float32)
        if box[2] - box[0] > 50:
            mask[22:66, 40:120] = 1
            mask[66:legs, 70:84] = 1
            if people > 1:
                mask[66:legs, 98:110] = 1
        elif box[0] < 90:
            mask[30:foot, 70:84] = 1
        else:
            mask[30:foot, 98:110] = 1
        return mask

    monkeypatch.setattr("dynascene.generation.uprights.cut_out_thing", cut_out)


def test_a_thing_behind_the_rims_of_two_others_is_one_line(
    street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = (50.0, 20.0, 74.0, 74.0), (70.0, 24.0, 82.0, 68.0), (76.0, 20.0, 100.0, 74.0)
    columns = {50.0: (52, 72), 70.0: (71, 76), 76.0: (74, 98)}

    def cut_out(_: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
        mask = np.zeros((90, 160), np.float32)
        mask[30 : int(box[3]) - 2, slice(*columns[box[0]])] = 1
        return mask

    monkeypatch.setattr("dynascene.generation.uprights.cut_out_thing", cut_out)
    with pytest.raises(InputError, match="70,24,82,68: the things of other boxes hide it") as error:
        opened(street, tmp_path, *boxes, place="ground")
    assert error.value.parameters == ("upright",)
    assert len(opened(street, tmp_path, *boxes[::2], place="ground").scene.cards) == 2


@pytest.mark.parametrize(
    ("box", "why"),
    [
        ((60.0, 5.0, 100.0, 38.0), "above the horizon"),
        ((60.0, 20.0, 100.0, 120.0), "reaches beyond the picture, which is 160x90"),
        ((60.0, 20.0, 60.2, 70.0), "nothing in it stands out"),
        ((60.0, 20.0, 100.0, 66.0, 62.0, 30.0, 98.0, 66.0), "below the horizon"),
        ((60.0, 20.0, 100.0, 74.0, 40.0, 74.0, 68.0, 44.0), "does not pass below"),
    ],
)
def test_what_cannot_stand_is_one_line(
    street: Path, tmp_path: Path, box: tuple[float, ...], why: str
) -> None:
    with pytest.raises(InputError, match=why) as error:
        opened(street, tmp_path, box, place="ground")
    assert "\n" not in str(error.value)
    assert error.value.parameters[0] == "upright"


def test_what_stands_on_the_backdrop_stands_already(street: Path, tmp_path: Path) -> None:
    picture = cv2.imread(str(street))
    picture[47:75, 60:100] = picture[47:75, 110:150]  # the post ends 7 rows below the horizon
    cv2.imwrite(str(tmp_path / "far.png"), picture)
    with pytest.raises(InputError, match="upright already"):
        opened(tmp_path / "far.png", tmp_path, (60.0, 18.0, 100.0, 55.0), place="ground")


def test_a_thing_cut_by_the_lower_border_needs_its_feet(street: Path, tmp_path: Path) -> None:
    picture = cv2.imread(str(street))[:65]
    cv2.imwrite(str(tmp_path / "low.png"), picture)
    box, horizon = (60.0, 20.0, 100.0, 65.0), 40 / 65
    with pytest.raises(InputError, match="lower border"):
        opened(tmp_path / "low.png", tmp_path, box, place="ground", horizon=horizon)
    feet = (70.0, 70.0, 90.0, 70.0)
    inputs = opened(tmp_path / "low.png", tmp_path, (*box, *feet), place="ground", horizon=horizon)
    assert len(inputs.scene.cards) == 1


@pytest.mark.parametrize(
    ("box", "why"),
    [
        ((1.0, 2.0, 3.0), "1,2,3: has 3 numbers; give X0,Y0,X1,Y1"),
        ((1.0, 2.0, math.nan, 4.0), "nan is no pixel; give four numbers"),
        ((1.0, 2.0, 3.0, math.inf), "inf is no pixel"),
        ((30.0, 2.0, 3.0, 40.0), "the wrong way round; .*: 3,2,30,40"),
        ((3.0, 40.0, 30.0, 2.0), "the wrong way round; .*: 3,2,30,40"),
        ((3.0, 2.0, 3.0, 40.0), "has no width, .* X1 larger than X0"),
        ((3.0, 2.0, 30.0, 2.0), "has no height, .* Y1 larger than Y0"),
        ((*BOX, 90.0, 70.0, 70.0, 71.0), "left foot before the right one: .*,74,70,71,90,70"),
        ((*BOX, 90.0, 70.0, 90.0, 71.0), "both feet are at column 90"),
        ((*BOX, 90.0, 70.0, 99.0, math.nan), "nan is no pixel; give two points"),
    ],
)
def test_numbers_that_are_no_box(box: tuple[float, ...], why: str) -> None:
    with pytest.raises(InputError, match=why):
        PlaceInput(scene=Path("scene.png"), upright=(box,))


def test_a_depth_map_stands_by_itself() -> None:
    with pytest.raises(InputError, match="upright` and `scene_depth"):
        PlaceInput(scene=Path("scene.png"), upright=(BOX,), scene_depth=Path("depth.npy"))
    with pytest.raises(InputError, match="upright` and `place` depth"):
        PlaceInput(scene=Path("scene.png"), upright=(BOX,), place="depth")


def test_a_panorama_has_no_boxes(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "around.png"), np.full((64, 128, 3), 90, np.uint8))
    with pytest.raises(InputError, match="panorama"):
        opened(tmp_path / "around.png", tmp_path, (10.0, 10.0, 40.0, 50.0), scene_fov=360)


def test_what_stands_does_not_smear(tmp_path: Path) -> None:
    """The notice speaks of what is left on the ground."""
    rng = np.random.default_rng(0)
    picture = np.full((90, 160, 3), 120, np.uint8)
    picture[25:80, 30:130] = rng.integers(0, 256, (55, 100, 3))
    cv2.imwrite(str(tmp_path / "busy.png"), picture)
    lying = opened(tmp_path / "busy.png", tmp_path, place="ground")
    assert "`upright`" in smearing(lying.scene, lying.shot.cameras)
    upright = opened(tmp_path / "busy.png", tmp_path, (25.0, 15.0, 135.0, 84.0), place="ground")
    assert smearing(upright.scene, upright.shot.cameras) == ""


@pytest.mark.parametrize(
    "feet", [(-1e9, 1e9, 1e9, 1e9), (-300.0, 70.0, 90.0, 70.0), (70.0, 300.0, 90.0, 70.0)]
)
def test_feet_far_outside_the_picture_are_one_line(
    street: Path, tmp_path: Path, feet: tuple[float, ...]
) -> None:
    with pytest.raises(InputError, match="its feet must lie within a picture's width"):
        opened(street, tmp_path, (*BOX, *feet), place="ground")

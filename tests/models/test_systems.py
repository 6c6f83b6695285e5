"""The systems: their networks, what each stage trains, and the papers' tables."""

import pytest
import torch

from dynascene.errors import InputError
from dynascene.models.conditioners import CONDITIONERS
from dynascene.models.inputs import fields_read
from dynascene.models.sizes import MICRO, SD15, SIZES, SMALL
from dynascene.models.systems import SYSTEMS, find_system, register_system
from dynascene.models.systems.actanywhere import ACTANYWHERE
from dynascene.models.systems.dynascene import (
    ALL_TASKS,
    DYNASCENE,
    IMAGE_TASKS,
    TABLE_3,
    TABLE_4,
    TWO_STAGES,
    VIDEO_TASKS,
    image_parameters,
    video_parameters,
)
from dynascene.models.systems.system import all_parameters
from dynascene.task_mix import TaskMix


def on(mix: TaskMix) -> set[str]:
    weights = [*mix.with_person.items(), *mix.without_person.items()]
    return {name for name, weight in weights if weight}


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
def test_a_system_fits_together(system) -> None:
    assert find_system(system.name) is system
    for network in (system.network, *system.variants.values()):
        assert set(network.conditioners) <= set(CONDITIONERS)
    names = [stage.name for stage in system.stages]
    assert len(set(names)) == len(names)
    for stage in system.stages:
        assert set(stage.schedules) <= set(SIZES)
        with torch.device("meta"):
            denoiser = system.denoiser(SMALL, stage.variant)
            assert stage.trains(denoiser)
        assert denoiser.config["system"] == system.name
    for training in system.rendered:
        assert list(system.composition(training.variant).conditioners)
        assert training.on_clips is None or system.stage(training.on_clips)
    rows = [row for table in system.tables.values() for row in table]
    assert all(stage in system.stages for row in rows for stage in row.stages)


def test_an_unknown_system_is_one_line() -> None:
    with pytest.raises(InputError, match=r"^there: system 'x' is unknown; known: dynascene, act"):
        find_system("x", "there")
    with pytest.raises(InputError, match="dynascene: has no stage 'stage3'; known: baseline"):
        DYNASCENE.stage("stage3")


def test_a_name_is_given_once() -> None:
    with pytest.raises(InputError, match="one of this name already"):
        register_system(DYNASCENE)


def test_stages_of_dynascene_split_all_parameters_but_the_frozen_ones() -> None:
    with torch.device("meta"):
        denoiser = DYNASCENE.denoiser(SMALL)
    image, video, everything = (
        {id(p) for p in group(denoiser)}
        for group in (image_parameters, video_parameters, all_parameters)
    )
    assert not image & video
    assert image | video == everything == {id(p) for p in denoiser.parameters() if p.requires_grad}
    motion = {id(p) for n, p in denoiser.named_parameters() if "motion_modules" in n}
    assert motion <= video


def test_actanywhere_has_nine_channels_no_reference_and_no_camera() -> None:
    with torch.device("meta"):
        denoiser = ACTANYWHERE.denoiser(SD15)
    assert denoiser.unet.conv_in.in_channels == 9
    assert list(denoiser.conditioners) == ["foreground", "image_embedding"]


def test_the_tasks_of_the_stages_are_the_papers() -> None:
    assert on(IMAGE_TASKS) == {"outpainting", "image_variation", "image_background"}
    assert on(VIDEO_TASKS) == {"video_variation", "video_background", "illumination"}
    assert IMAGE_TASKS.person_share == pytest.approx(1 / 3)  # three tasks, equally often
    assert on(ALL_TASKS) == on(IMAGE_TASKS) | on(VIDEO_TASKS)
    assert not set(IMAGE_TASKS.with_person) & set(IMAGE_TASKS.without_person)


def test_table_2_has_a_row_of_each_system_that_it_compares() -> None:
    tables = [system.tables[2] for system in SYSTEMS.values() if system.tables]
    rows = [row for (row,) in tables if row.stages]  # the paper lacks those without stages
    assert {row.label for row in rows} == {
        "DynaScene", "ActAnywhere", "CameraCtrl", "MotionCtrl"
    }  # fmt: skip
    figures = {row.label: row.figures for row in rows}
    assert figures["DynaScene"] == TABLE_3[-1].figures
    better = min(figures, key=lambda label: figures[label]["LPIPS"])
    assert better == max(figures, key=lambda label: figures[label]["PSNR"]) == "DynaScene"


def test_each_row_of_table_3_adds_one_thing() -> None:
    baseline, cameras, outpainting, variation = (
        [stage.mix for stage in row.stages] for row in TABLE_3
    )
    assert all(mix.null_camera == 1 for mix in baseline)
    assert all(mix.null_camera < 0.5 for mix in cameras)
    assert [on(a) for a in baseline] == [on(b) for b in cameras]
    assert [on(b) - on(a) for a, b in zip(cameras, outpainting, strict=True)] == [
        {"outpainting"},
        set(),
    ]
    assert [on(b) - on(a) for a, b in zip(outpainting, variation, strict=True)] == [
        {"image_variation"},
        {"video_variation"},
    ]
    assert baseline[0].person_share == cameras[1].person_share == 1
    single, two = TABLE_4
    assert TABLE_3[-1].stages == two.stages == TWO_STAGES
    assert TABLE_3[-1].figures == two.figures
    (stage,) = single.stages
    assert on(stage.mix) == on(VIDEO_TASKS)  # the video domain alone
    assert stage.trains is all_parameters


def test_the_inputs_of_a_variant_are_those_of_its_options() -> None:
    scene_camera = {"scene_cam_from_world", "scene_intrinsics"}
    assert not scene_camera & DYNASCENE.inputs()
    assert scene_camera <= DYNASCENE.inputs("shared_rays")
    for system in SYSTEMS.values():
        for variant in (None, *system.variants):
            denoiser = system.denoiser(MICRO, variant)
            reads = fields_read(c.reads for c in denoiser.conditioners.values())
            assert reads == system.inputs(variant)


def test_an_unknown_variant_is_one_line() -> None:
    with pytest.raises(InputError, match=r"no variant 'other'; known: guided"):
        DYNASCENE.inputs("other")

"""Lets diffusers load these weights, by ``custom_pipeline=FOLDER``."""

from dynascene.models.pipeline import DynaScenePipeline as DynaScenePipeline

"""Documents looked into by processes hold the contract of every profile, as in threads."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pipeline.ports.profile import DocumentValidator
from pipeline.testing.contracts.profile import ProfileContract, Samples
from pipeline.validation.processes.pool import WorkerPool
from pipeline.validation.recipe import Recipe
from pipeline.validation.rule_files import RulePlaces, RuleSetName
from pipeline.validation.xml import XmlLimits
from tests.contracts.test_ubl_2_1_profile import SAMPLES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]


class TestWorkerPool(ProfileContract):
    @pytest.fixture(params=[True], ids=["uvloop"])
    def anyio_backend(self, request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
        return "asyncio", {"use_uvloop": request.param}

    @pytest.fixture
    async def validator(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> AsyncIterator[DocumentValidator]:
        files = tuple(RulePlaces().find(name) for name in RuleSetName)
        recipe = Recipe(files, compiled_once(tmp_path_factory), XmlLimits().max_bytes)
        async with WorkerPool(recipe.examiner) as pool:
            yield pool

    @pytest.fixture
    def samples(self) -> Samples:
        return SAMPLES


def compiled_once(factory: pytest.TempPathFactory) -> Path:
    """A folder for compiled rules that all tests of this run share."""
    folder = factory.getbasetemp() / "compiled-rules"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder

"""Settings of the backend at Anthropic's API, and how to open and check it."""

import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from files_api_mcp.backends.anthropic.endpoint import Dialect, Endpoint, endpoint_from, has_key
from files_api_mcp.backends.backend_options import BackendOption, Credential
from files_api_mcp.backends.errors import InvalidArgument

if TYPE_CHECKING:
    from files_api_mcp.backends.anthropic.spending.budget import Limit
    from files_api_mcp.backends.anthropic.workspace import Workspace
    from files_api_mcp.backends.base import Backend
    from files_api_mcp.backends.damage import Verification
    from files_api_mcp.backends.findings import Finding, Spent
    from files_api_mcp.backends.models import Progress
    from files_api_mcp.backends.search.runtime import SearchRuntime
    from files_api_mcp.backends.staging.spool import Spool

__all__ = ["DEFAULT_MODEL", "AnthropicSettings"]

DEFAULT_MODEL = "claude-sonnet-5-5"
DEFAULT_RATE_LIMIT = 500
"""Requests per minute that the Files API takes from an organization (Files guide, September 2026)."""
DEFAULT_BUDGET_USD = 10.0
DEFAULT_ASK_TIMEOUT_S = 120.0
"""Seconds for a whole answer."""

_OPTIONS = (
    BackendOption(
        "--base-url",
        "URL of the API; default: ANTHROPIC_BASE_URL, otherwise https://api.anthropic.com.",
        metavar="URL",
    ),
    BackendOption("--model", "Model that answers questions.", metavar="NAME", default=DEFAULT_MODEL),
    BackendOption("--workspace-id", "Workspace to use, if the key has access to several.", metavar="ID"),
    BackendOption(
        "--dialect",
        "Files API version; auto also accepts a gateway that still uses the beta.",
        choices=("auto", "ga", "beta"),
        default="auto",
    ),
    BackendOption(
        "--rate-limit",
        "Files API requests per minute, shared by all servers on this data folder.",
        metavar="N",
        minimum=1,
        default=DEFAULT_RATE_LIMIT,
    ),
    BackendOption(
        "--budget",
        "Most that questions may cost a day (UTC), for each principal; inf: no limit.",
        metavar="USD",
        minimum=0.0,
        default=DEFAULT_BUDGET_USD,
    ),
    BackendOption(
        "--price-input", "Price of a million input tokens of --model, if it is not known.", metavar="USD", minimum=0.0
    ),
    BackendOption(
        "--price-output", "Price of a million output tokens of --model, if it is not known.", metavar="USD", minimum=0.0
    ),
    BackendOption(
        "--ask-timeout",
        "Time limit for the model's answer.",
        metavar="SECONDS",
        minimum=1.0,
        default=DEFAULT_ASK_TIMEOUT_S,
    ),
)


@dataclass(frozen=True, slots=True)
class AnthropicSettings:
    """Files and answers at Anthropic's API. `rate_limit` is in requests per minute. Implements BackendSettings."""

    name: ClassVar[str] = "anthropic"
    reaches_api: ClassVar[bool] = True
    options: ClassVar[Sequence[BackendOption]] = _OPTIONS

    endpoint: Endpoint
    model: str = DEFAULT_MODEL
    dialect: Dialect = "auto"
    rate_limit: int = DEFAULT_RATE_LIMIT
    ask_timeout_s: float = DEFAULT_ASK_TIMEOUT_S
    budget_usd: float = DEFAULT_BUDGET_USD
    price_usd: tuple[float, float] | None = None
    """Dollars per million input and output tokens; None: the list price."""

    @classmethod
    def is_configured(cls, environment: Mapping[str, str]) -> bool:
        """Whether there is a key."""
        return has_key(environment)

    @classmethod
    def from_options(cls, environment: Mapping[str, str], options: Mapping[str, Any]) -> Self:
        """Build the settings from an environment and the options above.

        Raises:
            InvalidArgument: The key is missing, the base URL, workspace, proxy or budget cannot be used, or a price is
                missing.
        """
        return cls(
            endpoint_from(environment, base_url=options.get("base_url"), workspace_id=options.get("workspace_id")),
            model=options.get("model") or DEFAULT_MODEL,
            dialect=options.get("dialect") or "auto",
            rate_limit=options.get("rate_limit") or DEFAULT_RATE_LIMIT,
            ask_timeout_s=options.get("ask_timeout") or DEFAULT_ASK_TIMEOUT_S,
            budget_usd=_budget_in(options),
            price_usd=_price_in(options),
        )

    @classmethod
    def credential(cls, environment: Mapping[str, str], options: Mapping[str, Any]) -> Credential | None:
        """The key of the API, and the address that it is for.

        Raises:
            InvalidArgument: The base URL cannot be used.
        """
        url = options.get("base_url") or environment.get("ANTHROPIC_BASE_URL")
        endpoint = endpoint_from({"ANTHROPIC_API_KEY": "checked-by-the-server"}, base_url=url)
        # The key must never be sent to any other address than this one.
        arguments = ("--base-url", endpoint.base_url) if url and not options.get("base_url") else ()
        variables = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
        variable = next((name for name in variables if environment.get(name, "").strip()), variables[0])
        value = environment.get(variable, "").strip() or None
        return Credential(variable, value, endpoint.base_url, optional=endpoint.is_loopback, arguments=arguments)

    @property
    def secret(self) -> str | None:
        """The key of the API."""
        return self.endpoint.key

    def describe(self) -> str:
        """The backend's name and address, and what questions may cost."""
        cost = "no budget" if math.isinf(self.budget_usd) else f"questions cost at most {self.budget_usd:g} USD a day"
        return f"{self.name} at {self.endpoint.base_url} (files and questions go there, {cost})"

    @asynccontextmanager
    async def open(self, data_dir: Path, runtime: "SearchRuntime", principal: str = "") -> "AsyncGenerator[Backend]":
        """Open the backend. Files uploaded from here are also indexed here, to be read and quoted from."""
        from files_api_mcp.backends.anthropic.answers.answerer import AnthropicAnswerer
        from files_api_mcp.backends.anthropic.answers.batch_answerer import AnthropicBatchAnswerer
        from files_api_mcp.backends.anthropic.files.reader import AnthropicReader
        from files_api_mcp.backends.anthropic.spending.budget import Budget
        from files_api_mcp.backends.anthropic.workspace import principal_folder
        from files_api_mcp.backends.base import Backend
        from files_api_mcp.backends.search.engine import open_search_engine

        home = principal_folder(data_dir, principal)
        async with (
            self._open_workspace(data_dir, principal) as (workspace, spool),
            open_search_engine(home, workspace.originals, runtime) as engine,
        ):
            workspace.files.on_delete(engine.forget)
            budget = Budget(workspace.ledger.view, principal, self._limit)
            yield Backend(
                files=workspace.files,
                answerer=AnthropicAnswerer(workspace, engine, self.model, self.ask_timeout_s, budget),
                reader=AnthropicReader(workspace.files, workspace.originals, engine),
                finder=engine.finder,
                tables=engine.tables,
                batches=AnthropicBatchAnswerer(workspace, engine, self.model, home / "batches", budget=budget),
                spool=spool,
            )

    async def check(self, data_dir: Path) -> "list[Finding]":
        """Ask the API for a file and about the model, as no other call shows that address, key, workspace and model are
        right, and look for damage in the data folder. Nothing is changed."""
        from anyio import to_thread

        from files_api_mcp.backends.anthropic.diagnosis import check_api, check_budget
        from files_api_mcp.backends.anthropic.verification import verify_workspace
        from files_api_mcp.backends.errors import FilesError
        from files_api_mcp.backends.findings import Finding

        where = f"backend {self.name} at {self.endpoint.base_url}, data folder {data_dir}"
        findings = await check_api(self.endpoint, self.dialect, self.model, where)
        findings.append(await to_thread.run_sync(check_budget, data_dir, self._limit))
        try:
            is_sound = (await verify_workspace(data_dir)).is_sound
        except FilesError as exc:
            return [*findings, Finding(good=False, text=f"data folder {data_dir}: {exc.text}")]
        if not is_sound:
            advice = "Run `files-api-mcp verify` to see it, and `files-api-mcp verify --repair` to mend it."
            findings.append(Finding(good=False, text=f"data folder {data_dir}: damage found. {advice}"))
        return findings

    @classmethod
    async def verify(cls, data_dir: Path, *, read_data: bool, repair: bool, progress: "Progress") -> "Verification":
        """Check the ledger, its records and the local copies in the folder. The API is not called."""
        from files_api_mcp.backends.anthropic.verification import verify_workspace

        return await verify_workspace(data_dir, read_data=read_data, repair=repair, progress=progress)

    @classmethod
    def spending(cls, data_dir: Path) -> "list[Spent]":
        """What was spent, by day. The API is not called."""
        from files_api_mcp.backends.anthropic.spending.report import spending_in

        return spending_in(data_dir / "ledger.db")

    def recent(self, data_dir: Path, prefix: str, limit: int) -> list[tuple[str, str]]:
        """The newest uploads whose ids begin with `prefix`: ids and names. The API is not called."""
        from files_api_mcp.backends.anthropic.ledger.schema import RECENT_FILES
        from files_api_mcp.backends.storage.peek import peek

        return peek(data_dir / "ledger.db", RECENT_FILES, prefix, limit, self.endpoint.fingerprint)

    @property
    def _limit(self) -> "Limit":
        from files_api_mcp.backends.anthropic.spending.budget import Limit
        from files_api_mcp.backends.anthropic.spending.prices import Price, price_of

        price = price_of(self.model) if self.price_usd is None else Price(*self.price_usd)
        return Limit(self.budget_usd, self.model, price)

    @asynccontextmanager
    async def _open_workspace(self, data_dir: Path, principal: str = "") -> "AsyncGenerator[tuple[Workspace, Spool]]":
        from files_api_mcp.backends.anthropic.workspace import open_workspace
        from files_api_mcp.backends.staging.spool import open_spool

        async with (
            open_spool(data_dir / "spool") as spool,
            open_workspace(
                self.endpoint,
                data_dir,
                spool,
                dialect=self.dialect,
                rate_limit=self.rate_limit,
                principal=principal,
            ) as workspace,
        ):
            yield workspace, spool


def _budget_in(options: Mapping[str, Any]) -> float:
    budget = options.get("budget")
    if budget is not None and math.isnan(budget):
        raise InvalidArgument("--budget is not a number.", "Give USD a day, or inf for no limit.")
    return DEFAULT_BUDGET_USD if budget is None else budget


def _price_in(options: Mapping[str, Any]) -> tuple[float, float] | None:
    for_input, for_output = options.get("price_input"), options.get("price_output")
    if for_input is None and for_output is None:
        return None
    if for_input is None or for_output is None or not math.isfinite(for_input + for_output):
        raise InvalidArgument("--price-input and --price-output belong together.", "Give both, in USD, or none.")
    return for_input, for_output

"""The methods about the application itself: version, subsystems, reactors, threads, configuration."""

from __future__ import annotations

import os
import signal
import time
from typing import Any, Callable

from .bdevs import BdevTable
from .controllers import ControllerTable
from .dialect import Dialect
from .errors import INVALID_PARAMS, INVALID_STATE, RpcError
from .jsonrpc import PENDING, Request
from .params import DecodeError, Field, decode

TICK_RATE = 2_600_000_000  # ticks a second, as recorded
_STARTUP_ONLY = (
    "Method may only be called before framework is initialized. Use --wait-for-rpc command line parameter and then"
    " issue this RPC before the framework_start_init RPC."
)
_RUNTIME_ONLY = "Method may only be called after framework is initialized using framework_start_init RPC."
_BEFORE_START = ("spdk_get_version", "rpc_get_methods", "framework_start_init", "framework_wait_init")
_SIGNALS = ("SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGKILL", "SIGUSR1")
# The global options in front of the bdevs, recorded of v24.01; v26.05's have not been recorded and are left out.
_BDEV_OPTIONS_V24_01: list[dict[str, Any]] = [
    {
        "method": "bdev_set_options",
        "params": {
            "bdev_io_pool_size": 65535,
            "bdev_io_cache_size": 256,
            "bdev_auto_examine": True,
            "iobuf_small_cache_size": 128,
            "iobuf_large_cache_size": 16,
        },
    },
    {"method": "bdev_raid_set_options", "params": {"process_window_size_kb": 1024}},
    {
        "method": "bdev_nvme_set_options",
        "params": {
            "action_on_timeout": "none",
            "timeout_us": 0,
            "timeout_admin_us": 0,
            "keep_alive_timeout_ms": 10000,
            "transport_retry_count": 4,
            "arbitration_burst": 0,
            "low_priority_weight": 0,
            "medium_priority_weight": 0,
            "high_priority_weight": 0,
            "nvme_adminq_poll_period_us": 10000,
            "nvme_ioq_poll_period_us": 0,
            "io_queue_requests": 0,
            "delay_cmd_submit": True,
            "bdev_retry_count": 3,
            "transport_ack_timeout": 0,
            "ctrlr_loss_timeout_sec": 0,
            "reconnect_delay_sec": 0,
            "fast_io_fail_timeout_sec": 0,
            "generate_uuids": False,
            "transport_tos": 0,
            "io_path_stat": False,
            "allow_accel_sequence": False,
        },
    },
    {"method": "bdev_nvme_set_hotplug", "params": {"period_us": 100000, "enable": False}},
]


class FrameworkMethods:
    """Handlers that need no storage. ``cpus`` are the cores of the mask, ascending."""

    def __init__(
        self,
        dialect: Dialect,
        bdevs: BdevTable,
        controllers: ControllerTable,
        cpus: list[int],
        wait_for_rpc: bool = False,
    ) -> None:
        self._waits = wait_for_rpc
        self._waiting: list[Request] = []
        self._dialect = dialect
        self._bdevs = bdevs
        self._controllers = controllers
        self._cpus = cpus
        self._mask = f"{sum(1 << cpu for cpu in cpus):x}"
        self._started = time.monotonic()
        self._context_switch_monitor = True
        self.all_methods: list[str] = []  # filled in by the one who joins the tables

    def methods(self) -> dict[str, Callable[[Request], Any]]:
        return {
            "spdk_get_version": self.version,
            "rpc_get_methods": self.rpc_methods,
            "framework_get_subsystems": self.subsystems,
            "framework_get_config": self.config,
            "framework_wait_init": self.wait_init,
            "framework_start_init": self.start_init,
            "framework_get_reactors": self.reactors,
            "framework_monitor_context_switch": self.monitor_context_switch,
            "thread_get_stats": self.threads,
            "spdk_kill_instance": self.kill,
        }

    def version(self, request: Request) -> dict[str, Any]:
        _no_params(request, "spdk_get_version method requires no parameters")
        return self._dialect.version

    def rpc_methods(self, request: Request) -> list[str]:
        """Empty params are refused, as contract says; SPDK's two options are understood."""
        names = list(self.all_methods)
        if request.params is None:
            return names
        if not request.params:
            raise RpcError(INVALID_PARAMS, "rpc_get_methods requires no parameters")
        fields = {"current": Field("bool", required=False), "include_aliases": Field("bool", required=False)}
        values = _decode(request, fields)
        if values.get("current"):
            names.remove("framework_start_init")
        return names

    def subsystems(self, request: Request) -> list[dict[str, Any]]:
        _no_params(request, "'framework_get_subsystems' requires no arguments")
        return self._dialect.subsystems()

    def config(self, request: Request) -> list[dict[str, Any]]:
        """What ``save_config`` of the client is made of. Only bdev and vhost_blk have anything to say here."""
        fields = {"name": Field("string"), "with_batches": Field("bool", required=False)}
        values = _decode(request, fields, "Invalid arguments")
        name = values["name"]
        if name not in {subsystem["subsystem"] for subsystem in self._dialect.subsystems()}:
            raise RpcError(INVALID_PARAMS, f"Subsystem '{name}' not found")
        if name == "bdev":
            options = _BDEV_OPTIONS_V24_01 if self._dialect.name == "v24.01" else []
            bdevs = [bdev.config() for bdev in self._bdevs]
            return [*options, *bdevs, {"method": "bdev_wait_for_examine"}]
        if name == "vhost_blk":
            return [
                controller.config()
                for controller in self._controllers
                if self._bdevs.find(controller.bdev.name) is controller.bdev  # SPDK leaves the bereft out
            ]
        return []

    def demand_state(self, method: str) -> None:
        """Refuse what a target in its start-up state does not do."""
        if self._waits and method not in _BEFORE_START:
            raise RpcError(INVALID_STATE, _RUNTIME_ONLY)

    def wait_init(self, request: Request) -> Any:
        _no_params(request, "framework_wait_init requires no parameters")
        if self._waits:
            self._waiting.append(request)
            return PENDING
        return True

    def start_init(self, request: Request) -> bool:
        if not self._waits:
            raise RpcError(INVALID_STATE, _STARTUP_ONLY)
        _no_params(request, "framework_start_init requires no parameters")
        self._waits = False
        for waiting in self._waiting:
            waiting.reply(True)
        return True

    def reactors(self, request: Request) -> dict[str, Any]:
        _no_params(request, "`framework_get_reactors` requires no parameters")
        result: dict[str, Any] = {"tick_rate": TICK_RATE}
        if self._dialect.reactor_ids:
            result["pid"] = os.getpid()
        result["reactors"] = [self._reactor(cpu) for cpu in self._cpus]
        return result

    def _reactor(self, cpu: int) -> dict[str, Any]:
        ticks, busy = self._ticks(), self._busy()
        app_thread = {"name": "app_thread", "id": 1, "cpumask": self._mask, "elapsed": ticks}
        threads = [app_thread] if cpu == self._cpus[0] else []
        idle = {"lcore": cpu, "busy": busy, "idle": ticks - busy, "in_interrupt": False, "lw_threads": threads}
        if not self._dialect.reactor_ids:
            return idle
        seconds = os.times()
        ids = {"numa_id": 0, "tid": os.getpid()}
        load = {"irq": 0, "sys": int(seconds.system * 100), "usr": int(seconds.user * 100)}
        return {**idle, **ids, **load}

    def threads(self, request: Request) -> dict[str, Any]:
        _no_params(request, "'thread_get_stats' requires no arguments")
        ticks, busy = self._ticks(), self._busy()
        threads = [_thread("app_thread", 1, self._mask, busy, ticks - busy, timed=1)]
        controllers = sorted(self._controllers, key=lambda controller: controller.thread_id)
        threads += [
            _thread(controller.name, controller.thread_id, f"{controller.mask:x}", 0, ticks, timed=0)
            for controller in controllers
        ]
        return {"tick_rate": TICK_RATE, "threads": threads}

    def _ticks(self) -> int:
        return int((time.monotonic() - self._started) * TICK_RATE)

    @staticmethod
    def _busy() -> int:
        return int(time.process_time() * TICK_RATE)

    def monitor_context_switch(self, request: Request) -> dict[str, bool]:
        if request.params is not None:
            values = _decode(request, {"enabled": Field("bool")})
            self._context_switch_monitor = values["enabled"]
        return {"enabled": self._context_switch_monitor}

    def kill(self, request: Request) -> bool:
        """Signal ourselves: a name with or without SIG, or a number."""
        text = _decode(request, {"sig_name": Field("string")})["sig_name"]
        for name in _SIGNALS:
            number = getattr(signal, name)
            if text in (name, name[3:], str(int(number))):
                os.kill(os.getpid(), number)
                return True
        raise RpcError(INVALID_PARAMS, "Invalid parameters")


def _thread(name: str, ident: int, mask: str, busy: int, idle: int, timed: int) -> dict[str, Any]:
    return {
        "name": name,
        "id": ident,
        "cpumask": mask,
        "busy": busy,
        "idle": idle,
        "active_pollers_count": 0,
        "timed_pollers_count": timed,
        "paused_pollers_count": 0,
    }


def _no_params(request: Request, message: str) -> None:
    if request.params is not None:
        raise RpcError(INVALID_PARAMS, message)


def _decode(request: Request, fields: dict[str, Field], message: str = "Invalid parameters") -> dict[str, Any]:
    try:
        return decode(request.params, fields)
    except DecodeError as error:
        raise RpcError(INVALID_PARAMS, message) from error

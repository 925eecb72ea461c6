"""The hours, memory and money that a run takes on named or measured hardware."""

from dataclasses import dataclass

from ..errors import MisuseError, unknown_name

# Dense bfloat16 peak and memory of one device, from the vendors' data sheets.
PEAK = {
    "a100-80gb": (312e12, 80e9),
    "h100-sxm": (989e12, 80e9),
    "h200-sxm": (989e12, 141e9),
    "b200": (2250e12, 180e9),
    "l40s": (362e12, 48e9),
    "rtx-4090": (165e12, 24e9),
    "tpu-v5e": (197e12, 16e9),
    "tpu-v5p": (459e12, 95e9),
}
UTILISATION = (
    0.40  # fraction of the peak over a whole run, as large well-tuned runs report; small models reach much less
)


@dataclass(frozen=True)
class TrainingCost:
    """Device-hours, wall hours and money of a training run; money is None without a price."""

    flops_per_second: float
    devices: int
    device_hours: float
    hours: float
    money: float | None


@dataclass(frozen=True)
class Machine:
    """The machine: a named device, or a measured speed in FLOPs per second of one device; and its price per hour.

    Raises:
        NameUnknownError: no such hardware.
        MisuseError: a speed, count or price is not positive.
    """

    hardware: str | None = None
    flops_per_second: float | None = None
    devices: int = 1
    price_per_hour: float | None = None

    def __post_init__(self):
        if self.hardware is not None and self.hardware not in PEAK:
            raise unknown_name("hardware", self.hardware, PEAK)
        for name in ("flops_per_second", "devices", "price_per_hour"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise MisuseError(f"{name} = {value}; it must be above 0.")

    @property
    def speed(self) -> float | None:
        """FLOPs per second of one device: as measured, otherwise 40% of the named one's peak; None without either."""
        if self.flops_per_second is not None or self.hardware is None:
            return self.flops_per_second
        return UTILISATION * PEAK[self.hardware][0]

    def cost(self, flops: float) -> TrainingCost | None:
        """Turn FLOPs into hours and money; None if the speed is unknown."""
        if self.speed is None:
            return None
        device_hours = flops / self.speed / 3600
        money = None if self.price_per_hour is None else device_hours * self.price_per_hour
        return TrainingCost(self.speed, self.devices, device_hours, device_hours / self.devices, money)

"""Two units of one definition: FLOPs and PF-days, nats per token and bits per byte."""

from math import log

from ..quantities import PF_DAY


def pf_days(flops):
    """Convert FLOPs to PF-days of 8.64e19 FLOPs (Kaplan et al. 2020, section 1.3)."""
    return flops / PF_DAY


def from_pf_days(days):
    """Convert PF-days to FLOPs."""
    return days * PF_DAY


def bits_per_byte(loss_nats, bytes_per_token):
    """Convert nats per token to bits per byte: L / (ln 2 x bytes per token)."""
    return loss_nats / (log(2) * bytes_per_token)


def nats_per_token(loss_bits_per_byte, bytes_per_token):
    """Convert bits per byte to nats per token."""
    return loss_bits_per_byte * log(2) * bytes_per_token

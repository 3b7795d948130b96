"""A network's stride held at 8, 16 or 32: strides beyond it become dilation (the "a trous" algorithm)."""

from seg_models import errors

OUTPUT_STRIDES = (8, 16, 32)


def check(output_stride: int) -> None:
    """Raises UserError where a backbone cannot have this output stride."""
    if output_stride not in OUTPUT_STRIDES:
        known = ", ".join(map(str, OUTPUT_STRIDES))
        raise errors.UserError(f"`output_stride` is {output_stride}; expected one of {known}.")


def plan(stride: int, strides: int, output_stride: int) -> tuple[int, int]:
    """What a convolution becomes.

    Args:
      stride: of its input in the undilated network.
      strides: its own, in the undilated network.
      output_stride: that no features may exceed.

    Returns:
      (strides, dilation rate). The convolution that loses its stride itself still sees an undilated input, so its
      rate is that of its input: the outputs then equal the undilated network's wherever both exist.
    """
    return (strides if stride * strides <= output_stride else 1), max(1, stride // output_stride)

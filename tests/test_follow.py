"""What goes with single steps."""

import keras
import pytest
import tensorflow as tf

from seg_models import average, errors, learner
from seg_models.callbacks import follow


def line() -> keras.Model:
    """y = w x, w = 0 at first."""
    image = keras.Input((1,))
    return keras.Model(image, keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")(image))


def fit(
    model: keras.Model, target: float, steps: int, callbacks: list[keras.callbacks.Callback], slope: float = 1.0
) -> None:
    """Steps of SGD at rate 1 / 2 on (slope w - target)^2; where the slope is 1 they put w at the target at once."""
    if not model.optimizer:
        model.compile(keras.optimizers.SGD(0.5), "mse")
    data = tf.data.Dataset.from_tensors((tf.fill([1, 1], slope), tf.fill([1, 1], target)))
    model.fit(data.repeat(), steps_per_epoch=steps, callbacks=callbacks, verbose=0)


def test_steps_are_counted() -> None:
    progress = learner.Progress()
    fit(line(), 1.0, 3, [follow.Counting(progress)])
    assert int(progress.step) == 3


def test_steps_that_overflow_in_float16_are_counted_too() -> None:
    """The gradient of 2e35 is a number, but times the loss scale it is none: the optimizer leaves the step out."""
    model, progress = line(), learner.Progress()
    model.compile(keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(0.5)), "mse")
    fit(model, 1e18, 3, [follow.Counting(progress), follow.FiniteLoss(progress, lambda step: [])], slope=1e17)
    assert int(progress.step) == 3 and float(model.weights[0]) == 0


def test_the_average_follows_each_step() -> None:
    model = line()
    averaged = average.Average(model, decay=0.9)
    fit(model, 11.0, 2, [follow.Averaging(averaged)])
    # From 0: 9/11 of 11 is 9; then 3/12 of 9 and 9/12 of 11.
    assert float(averaged.values[0]) == pytest.approx(3 / 12 * 9 + 9 / 12 * 11)


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), float("-inf")])
def test_the_alarm_names_the_records_of_the_step(loss: float) -> None:
    progress = learner.Progress()
    progress.step.assign(7)
    alarm = follow.FiniteLoss(progress, lambda step: [f"{step} a", f"{step} b"])
    alarm.on_train_batch_end(0, {"loss": 0.5})
    with pytest.raises(errors.UserError, match=f"loss is {loss} in step 6, on the records 6 a, 6 b.*learning_rate"):
        alarm.on_train_batch_end(0, {"loss": loss})


def test_the_alarm_stops_keras() -> None:
    progress, model = learner.Progress(), line()
    steps = [follow.Counting(progress), follow.FiniteLoss(progress, lambda step: [str(step)])]
    poison = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: model.weights[0].assign([[float("nan")]]) if batch == 2 else None
    )
    with pytest.raises(errors.UserError, match="nan in step 2, on the records 2"):
        fit(model, 1.0, 5, [*steps, poison])
    assert int(progress.step) == 3

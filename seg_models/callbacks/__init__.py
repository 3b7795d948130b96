"""What happens beside the training steps: checkpoints, scores, TensorBoard, alarms."""

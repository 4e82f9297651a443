"""Plan and profile in, `CompiledPlan` out; opens and connects nothing."""

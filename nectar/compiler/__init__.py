"""Turns a plan into a `CompiledPlan`; connects to nothing."""

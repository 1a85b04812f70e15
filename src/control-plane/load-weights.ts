/**
 * Weights by load: a node with more operations than the others for its weight gets a little less. The correction is
 * bounded, damped by its square root, and made only when it is worth the moves that it costs.
 */
import type { FleetNode, View } from '../shared/fleet-state.ts';
import { controlPlaneLimits } from './limits.ts';

/** New weights by position in the view; none when loads are even, small, or not known of every active node. */
export function weightsByLoad(
  view: View,
  operationsPerSecond: (node: FleetNode) => number | undefined,
): Map<number, number> {
  const { loadFactorMin, loadFactorMax, loadFactorStep, loadMin } = controlPlaneLimits;
  const active: { index: number; capacity: number; weight: number; load: number }[] = [];
  for (const [index, node] of view.nodes.entries()) {
    if (node.state !== 'active') continue;
    const load = operationsPerSecond(node);
    if (load === undefined) return new Map();
    active.push({ index, capacity: node.capacity ?? node.weight, weight: node.weight, load });
  }
  const changed = new Map<number, number>();
  const loadSum = active.reduce((sum, { load }) => sum + load, 0);
  const weightSum = active.reduce((sum, { weight }) => sum + weight, 0);
  if (active.length < 2 || loadSum / active.length < loadMin) return changed;
  for (const { index, capacity, weight, load } of active) {
    // What it serves for its weight, relative to the whole; a node without any load says nothing.
    const relative = load / weight / (loadSum / weightSum);
    if (relative === 0) continue;
    const factor = Math.min(loadFactorMax, Math.max(loadFactorMin, weight / capacity / Math.sqrt(relative)));
    if (Math.abs((factor * capacity) / weight - 1) >= loadFactorStep) changed.set(index, factor * capacity);
  }
  return changed;
}

import deliver from '../../action.yml';
import build from '../../build/action.yml';
import deploy from '../../deploy/action.yml';
import exported from '../../export/action.yml';
import gate from '../../gate/action.yml';
import imported from '../../import/action.yml';
import logs from '../../logs/action.yml';
import remove from '../../remove/action.yml';
import rollback from '../../rollback/action.yml';
import status from '../../status/action.yml';
import unlock from '../../unlock/action.yml';
import type { EdgeImages } from '../model/deploy-options.ts';
import type { Command } from '../model/request.ts';

/**
 * The inputs of each action with their defaults, '' where there is none. The runner fills in the default of an input that
 * a workflow leaves out. But an input that is given and empty (`keep: ${{ vars.KEEP }}` without such a variable) arrives
 * as '', and it has to mean the default as well.
 */
export const INPUTS: Readonly<Record<Command, typeof deliver>> = {
  deliver,
  build,
  deploy,
  rollback,
  status,
  remove,
  unlock,
  logs,
  export: exported,
  import: imported,
  gate,
};

/** Whether some action has an input of that name. */
export const isDeclaredInput = (name: string): boolean =>
  Object.values(INPUTS).some((inputs) => Object.hasOwn(inputs, name));

/** The images of an edge, where no input names one. */
export const DEFAULT_EDGE_IMAGES: EdgeImages = {
  edgeImage: deploy['edge-image'] ?? '',
  tcpEdgeImage: deploy['tcp-edge-image'] ?? '',
};

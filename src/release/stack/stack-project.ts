import { type AppEnvironment, baseProject } from '../../model/app-environment.ts';
import type { ComposeConfig } from '../../model/compose-config.ts';
import type { ServiceName } from '../../model/identifiers.ts';
import { asObject, asText, mapValues, withoutKeys } from '../../model/json.ts';
import { classifyServices } from '../compose/classify-services.ts';
import type { FileContents } from '../compose/inline-contents.ts';
import { buildOnlyNotices } from '../compose/notices.ts';
import { Problems } from '../compose/problems.ts';
import { rejectBuiltInNames, rejectModels, rejectRunnerPaths } from '../compose/reject-unsupported.ts';
import type { ResolvedCompose } from '../compose/resolve.ts';
import { dependenciesOf } from '../compose/service.ts';
import { contentObjects, whyNotStorable } from './content-objects.ts';
import { lossNotices } from './loss-notices.ts';
import { stackService } from './stack-service.ts';

/** Letters of the name of a service, which is also a host name. */
const MAX_SERVICE_NAME = 63;

/** A Compose file as a stack: everything of a release but its images. */
export interface StackProject extends AppEnvironment {
  /** What `${IMAGE}` was when the file was resolved; it is in strings until the digest is known. */
  readonly placeholder: string;
  /** The services whose images are built. */
  readonly services: Readonly<Record<ServiceName, { readonly name: ServiceName; readonly imageKey: string }>>;
  /** The images of the other services, as the file names them. */
  readonly otherImages: Readonly<Record<ServiceName, string>>;
  /** Still with the secrets and configs of the file. */
  readonly compose: Required<Omit<ComposeConfig, 'name'>>;
  readonly contents: FileContents;
  /** Services that are built for other builds and run nothing. */
  readonly buildOnly: readonly ServiceName[];
  readonly notices: readonly string[];
}

/**
 * Makes a stack of a resolved Compose file. All of its services belong to the release. Pure.
 * @throws ConfigurationError that names everything that a swarm can't do, and how to fix it
 */
export function stackProject(resolved: ResolvedCompose, appEnvironment: AppEnvironment): StackProject {
  const { config, placeholder, contents } = resolved;
  const problems = new Problems(resolved.files);
  for (const problem of resolved.problems) problems.add(problem);
  rejectRunnerPaths(resolved, problems);
  rejectBuiltInNames(config, problems);
  rejectModels(config, problems);
  const project = classifyServices(config, placeholder, problems);
  const stack = baseProject(appEnvironment);
  const deployed = withoutKeys(config.services, ...project.buildOnly);
  const services = mapValues(deployed, (service, name) => {
    const length = `${stack}_${name}`.length;
    if (length > MAX_SERVICE_NAME) {
      problems.add(
        `compose-file: the name ${stack}_${name} has ${length} letters, but a service of a swarm may have ${MAX_SERVICE_NAME}. Give the service a shorter name.`,
        'services',
        name,
      );
    }
    return stackService(name, asObject(service), problems);
  });
  const objects = contentObjects(config, contents, stack);
  for (const object of objects.contents) {
    const reason = whyNotStorable(object);
    if (reason !== undefined)
      problems.add(`compose-file: ${object.kind} ${nameInFile(object, objects)} ${reason}`);
  }
  const otherImages: Record<ServiceName, string> = {};
  for (const name of project.accessories) {
    const image = asText(project.service(name)['image']);
    if (image === undefined)
      problems.add(
        `compose-file: service ${name} has neither image: nor build:. Give it one.`,
        'services',
        name,
      );
    else otherImages[name] = image;
  }
  problems.throwIfAny();
  return {
    ...{
      app: appEnvironment.app,
      environment: appEnvironment.environment,
      placeholder,
      contents,
      otherImages,
      buildOnly: project.buildOnly,
    },
    services: Object.fromEntries([...project.released].map(([name, imageKey]) => [name, { name, imageKey }])),
    compose: {
      services,
      networks: sectionOf(config.networks),
      volumes: sectionOf(config.volumes),
      secrets: config.secrets ?? {},
      configs: config.configs ?? {},
    },
    notices: [
      ...resolved.notices,
      ...noticesOf(config),
      ...lossNotices(services),
      ...buildOnlyNotices(project),
    ],
  };
}

const sectionOf = (section: ComposeConfig['networks'] = {}) =>
  mapValues(section, (spec) =>
    withoutKeys(asObject(spec), ...Object.keys(asObject(spec)).filter((key) => key.startsWith('x-'))),
  );

function nameInFile(
  { kind, name }: { readonly kind: 'secret' | 'config'; readonly name: string },
  objects: Pick<ReturnType<typeof contentObjects>, 'secrets' | 'configs'>,
): string {
  const section = kind === 'secret' ? objects.secrets : objects.configs;
  return Object.keys(section).find((key) => section[key]?.['name'] === name) ?? name;
}

/** What a swarm does in another way than the file may lead a reader to think. */
function noticesOf({ services }: ComposeConfig): readonly string[] {
  const waiting = Object.entries(services).filter(([, service]) => dependenciesOf(service).size > 0);
  if (waiting.length === 0) return [];
  return [
    `depends_on: a swarm starts all services at the same time, so ${waiting.map(([name]) => name).join(', ')} must wait for what they need by themselves.`,
  ];
}

import { formatBytes } from '../model/bytes.ts';
import { codeSpan } from './markdown.ts';
import type { ArchiveReport, ExportReport } from './report.ts';
import { commitLink, destinationText, failureParts, overviewPart, runTexts } from './summary-head.ts';
import type { SummaryPart } from './summary-parts.ts';

/** The summary of an export: the file, and what is in it. Pure. */
export function exportParts(report: ExportReport): readonly SummaryPart[] {
  const { archive, release } = report;
  const title =
    report.result === 'exported'
      ? `📦${destinationText(report)}: ${codeSpan(release ?? '')} exported`
      : undefined;
  const commit = commitLink(report);
  return [
    ...failureParts(report, title),
    overviewPart([...(commit === '' ? [] : [`commit ${commit}`]), ...runTexts(report)]),
    {
      ...{ name: 'the archive', importance: 85 },
      markdown:
        archive === undefined
          ? ''
          : archiveItems(archive)
              .map((item) => `- ${item}`)
              .join('\n'),
    },
  ];
}

const archiveItems = ({ file, size, sha256, isSigned, since, images }: ArchiveReport): readonly string[] => [
  `**File** ${codeSpan(file)}, ${formatBytes(size)}, ${isSigned ? 'signed' : '**not signed**'}`,
  `**SHA-256** ${codeSpan(sha256)}`,
  ...(since === undefined ? [] : [`**Needs** the images of release ${codeSpan(since)} on the other side`]),
  ...images.map(({ image, platforms }) => `${codeSpan(image)} for ${platforms.map(codeSpan).join(', ')}`),
];

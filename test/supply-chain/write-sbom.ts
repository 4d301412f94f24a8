import { writeFileSync } from 'node:fs';
import { projectFolder } from '../architecture/project-files.ts';
import { sbomFile, sbomText } from './sbom.ts';

/** `npm run sbom`: writes what e2d is made of. */
writeFileSync(projectFolder + sbomFile, sbomText());
process.stdout.write(`${sbomFile} is written.\n`);

import { holdSeeds } from './hold-seeds.ts';

holdSeeds(31, 30);

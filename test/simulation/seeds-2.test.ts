import { holdSeeds } from './hold-seeds.ts';

holdSeeds(61, 60);

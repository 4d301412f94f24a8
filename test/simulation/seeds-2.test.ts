import { holdSeeds } from './hold-seeds.ts';

holdSeeds(41, 40);

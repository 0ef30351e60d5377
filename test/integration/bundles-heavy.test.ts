import { refusals } from "../host/bundle-refusals.ts";

refusals(({ heavy }) => heavy);

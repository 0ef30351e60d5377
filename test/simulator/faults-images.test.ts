import { faultRuns } from "./suite.ts";

faultRuns("images");

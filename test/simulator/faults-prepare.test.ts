import { faultRuns } from "./suite.ts";

faultRuns("prepare");

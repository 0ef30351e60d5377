import { faultRuns } from "./suite.ts";

faultRuns("maintenance");

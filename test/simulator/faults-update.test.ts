import { faultRuns } from "./suite.ts";

faultRuns("update");

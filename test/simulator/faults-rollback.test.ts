import { faultRuns } from "./suite.ts";

faultRuns("rollback");

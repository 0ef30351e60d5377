import { faultRuns } from "./suite.ts";

faultRuns("adopt");

/** Set by the test before the page's own script. */
declare const bffUrl: string;

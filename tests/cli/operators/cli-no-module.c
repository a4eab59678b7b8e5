/* A shared object that is no module. */
int unrelated(void);

int unrelated(void) { return 0; }

/** Stands for all products in the address of a panorama. A chain that was given this id could not be opened. */
export const EVERY_CHAIN = "-";

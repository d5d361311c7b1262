"""Questions that simulations answer: verdict, cost, comparison, choice."""
